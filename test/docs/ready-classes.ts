import { resolve } from 'node:path';

import { type CanActivate, Module, UseGuards } from '@nestjs/common';
import {
  DownloadModule,
  FileSystemStorage,
  PathDownloadController,
  StorageDownloadController,
} from 'nestjs-downloadview';

export class MembersGuard implements CanActivate {
  canActivate() {
    return true; // your own decision
  }
}

@Module({
  imports: [
    DownloadModule.forRoot({
      storages: { default: new FileSystemStorage({ root: resolve('media') }) },
    }),
  ],
  controllers: [
    PathDownloadController.asController('terms', {
      root: resolve('legal'),
      path: 'terms-2026.pdf',
      basename: 'terms.pdf',
    }),
    StorageDownloadController.asController('media/*path', {
      attachment: false,
      decorators: [UseGuards(MembersGuard)],
    }),
  ],
})
export class FilesModule {}
