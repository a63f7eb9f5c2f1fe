import { resolve } from 'node:path';

import { Controller, Get, Param } from '@nestjs/common';
import { Download, sendfile, VirtualFile } from 'nestjs-downloadview';

@Controller('reports')
export class ReportController {
  @Get('hello')
  @Download({ basename: 'hello.txt' })
  hello() {
    return 'Hello world!\n';
  }

  @Get('rows')
  @Download()
  rows() {
    async function* rows() {
      yield 'id,name\n';
      yield '1,Ada\n';
    }
    return new VirtualFile(rows, { name: 'rows.csv' });
  }

  @Get('year/:year')
  year(@Param('year') year: string) {
    return sendfile(`${year}.pdf`, {
      root: resolve('reports'), // `year` comes from the client: it must not leave this directory
      basename: `Report of ${year}.pdf`,
    });
  }
}
