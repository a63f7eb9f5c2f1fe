import { resolve } from 'node:path';

import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Module,
  NotFoundException,
  Query,
  UseGuards,
} from '@nestjs/common';
import {
  DownloadModule,
  type DownloadRequest,
  DownloadStorages,
  FileSystemStorage,
  SignedUrl,
  StorageDownloadController,
  UrlSigner,
} from 'nestjs-downloadview';

type StaffRequest = DownloadRequest & { user?: { isStaff: boolean } };

@Controller('shared/*path')
@SignedUrl()
export class SharedController extends StorageDownloadController {}

/** In place of your own: who passes it can make links to all files of the storage. */
class StaffGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    const request = context.switchToHttp().getRequest<StaffRequest>();
    return request.user?.isStaff === true;
  }
}

@Controller('links')
@UseGuards(StaffGuard)
export class LinkController {
  constructor(
    private readonly signer: UrlSigner,
    private readonly storages: DownloadStorages,
  ) {}

  @Get()
  async link(@Query('key') key: string) {
    // 404 for a key that leads out of the storage, too, and for one that is missing.
    const isThere = await this.storages.get().exists(key);
    if (!isThere) throw new NotFoundException();
    const path = key.split('/').map(encodeURIComponent).join('/');
    return this.signer.sign(`/shared/${path}`, {
      expiresIn: 600, // seconds, an hour by default
      basename: `Our ${key}`,
    });
  }
}

@Module({
  imports: [
    DownloadModule.forRoot({
      signing: { secrets: [process.env.LINK_SECRET ?? ''] }, // openssl rand -base64 32
      storages: {
        default: new FileSystemStorage({ root: resolve('media') }),
      },
    }),
  ],
  controllers: [SharedController, LinkController],
})
export class LinksModule {}
