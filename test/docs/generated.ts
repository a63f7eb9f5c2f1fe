import { Controller } from '@nestjs/common';
import { VirtualDownloadController, VirtualFile } from 'nestjs-downloadview';

@Controller('quotes.txt')
export class QuotesController extends VirtualDownloadController {
  charset = 'utf-8';

  getFile() {
    return new VirtualFile(() => this.lines(), {
      name: 'quotes.txt',
      lastModified: new Date('2026-01-02T03:04:05Z'), // whoever has it gets 304, and no line is made
    });
  }

  private async *lines() {
    yield 'To be, or not to be\n'; // the client has it before the next one is made
    yield 'The rest is silence\n';
  }
}
