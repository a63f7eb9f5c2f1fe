import { Controller } from '@nestjs/common';
import {
  DownloadController,
  type DownloadFile,
  type DownloadRequest,
  FileNotFoundError,
  LocalFile,
} from 'nestjs-downloadview';

@Controller('users/:id/avatar')
export class AvatarController extends DownloadController {
  attachment = false;
  cacheControl = 'private, max-age=3600';

  getFile(request: DownloadRequest): DownloadFile {
    const { id } = request.params;
    if (!/^\d+$/.test(String(id))) throw new FileNotFoundError('No such user');
    return new LocalFile(`${String(id)}.png`, { root: '/srv/avatars' });
  }
}
