// nginx.ts
import { Module } from '@nestjs/common';
import { DownloadModule, FileSystemStorage, nginx } from 'nestjs-downloadview';

export const backend = nginx({
  rules: [{ sourceDir: '/srv/media/', destination: '/_offload/' }],
});

@Module({
  imports: [
    DownloadModule.forRoot({
      backend,
      storages: { default: new FileSystemStorage({ root: '/srv/media' }) },
    }),
  ],
})
export class AppModule {}
