import { buffer } from 'node:stream/consumers';

import { Controller } from '@nestjs/common';
import {
  DerivedFile,
  DownloadController,
  type DownloadRequest,
  StorageFile,
} from 'nestjs-downloadview';
import sharp from 'sharp';

@Controller('thumbnails/:name')
export class ThumbnailController extends DownloadController {
  attachment = false;

  async getFile({ params }: DownloadRequest) {
    const name = String(params.name);
    const storage = this.storages.get();
    const photo = new StorageFile(storage, `photos/${name}`);
    const { lastModified } = await photo.stat(); // 404 where there is no such photo
    return new DerivedFile({
      storage,
      key: `thumbnails/${name}-${Number(lastModified)}.webp`, // another photo, another key
      make: async () =>
        sharp(await buffer(await photo.open()))
          .resize(200)
          .webp()
          .toBuffer(),
    });
  }
}
