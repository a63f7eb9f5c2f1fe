import { resolve } from 'node:path';

import { Controller, Get, Module, Query } from '@nestjs/common';
import {
  DownloadModule,
  FileSystemStorage,
  SignedUrl,
  StorageDownloadController,
  UrlSigner,
} from 'nestjs-downloadview';

@Controller('shared/*path')
@SignedUrl()
export class SharedController extends StorageDownloadController {}

@Controller('links')
export class LinkController {
  constructor(private readonly signer: UrlSigner) {}

  @Get()
  link(@Query('key') key: string) {
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
