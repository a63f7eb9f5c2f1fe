import { resolve } from 'node:path';

import { Controller, Get, Module, Param } from '@nestjs/common';
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

  @Get(':name')
  link(@Param('name') name: string) {
    return this.signer.sign(`/shared/${encodeURIComponent(name)}`, {
      expiresIn: 600, // seconds
      basename: `Our ${name}`,
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
