import { Controller } from '@nestjs/common';
import { StorageDownloadController } from 'nestjs-downloadview';

/**
 * Files of a storage, by their key in the URL. Whoever knows a key gets the file, so this storage is not
 * the one that holds the documents.
 */
@Controller('public/*path')
export class PublicDownloadController extends StorageDownloadController {
  override storage = 'public';
}
