import { resolve } from 'node:path';

import { Controller, Get, Param } from '@nestjs/common';
import { Download, sendfile } from 'nestjs-downloadview';

@Controller('reports')
export class ReportsController {
  // res.download(path, 'Report.pdf')
  @Get('year')
  year() {
    return sendfile(resolve('reports/2026.pdf'), { basename: 'Report.pdf' });
  }

  // res.sendFile(name, { root })
  @Get('shown/:name')
  shown(@Param('name') name: string) {
    return sendfile(name, { root: resolve('reports'), attachment: false });
  }

  // new StreamableFile(bytes, { disposition: 'attachment; filename="hello.txt"' })
  @Get('bytes')
  @Download({ basename: 'hello.txt' })
  bytes() {
    return Buffer.from('Hello world!\n');
  }
}
