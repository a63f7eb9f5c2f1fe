import { resolve } from 'node:path';

import { Controller, Get, Module } from '@nestjs/common';
import { Download, DownloadModule, TemporaryFiles } from 'nestjs-downloadview';

@Controller('exports')
export class TemporaryExportController {
  constructor(private readonly files: TemporaryFiles) {}

  @Get('today')
  @Download()
  today() {
    return this.files.create('today.txt', 'Made for one download.\n');
  }
}

@Module({
  imports: [
    DownloadModule.forRoot({
      temporaryFiles: { directory: resolve('temporary') }, // of this application alone
    }),
  ],
  controllers: [TemporaryExportController],
})
export class ExportsModule {}
