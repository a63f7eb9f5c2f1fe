import { Module } from '@nestjs/common';
import {
  DownloadModule,
  DownloadStorages,
  FileSystemStorage,
  MemoryStorage,
} from 'nestjs-downloadview';

@Module({
  imports: [
    DownloadModule.forRootAsync({
      useFactory: () => ({
        storages: {
          default: new FileSystemStorage({
            root: process.env.MEDIA_ROOT ?? '/srv/media',
          }),
          drafts: new MemoryStorage(),
        },
        cacheControl: 'private, max-age=60',
        inline: { allow: ['image/png', 'application/pdf'] },
      }),
    }),
  ],
})
export class AppModule {}

export async function keep(storages: DownloadStorages, bytes: Uint8Array) {
  return storages.get('drafts').save('invoices/0815.pdf', bytes); // the key that it got
}
