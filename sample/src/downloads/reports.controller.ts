import { Controller, Get, NotFoundException } from '@nestjs/common';
import { Download, DownloadResponse, sendfile } from 'nestjs-downloadview';

import { directories } from '../directories.js';
import { DocumentsService } from '../documents/documents.service.js';

/** Downloads from handlers of an ordinary controller. */
@Controller()
export class ReportsController {
  constructor(private readonly documents: DocumentsService) {}

  /** With @Download() whatever the handler returns becomes a file. */
  @Get('statistics.csv')
  @Download({ basename: 'statistics.csv' })
  async statistics(): Promise<string> {
    const documents = await this.documents.list();
    const bytes = documents.reduce((sum, { size }) => sum + size, 0);
    return `documents,bytes\n${documents.length},${bytes}\n`;
  }

  /** A response is a file, wherever it lies, and how it is presented. */
  @Get('latest')
  async latest(): Promise<DownloadResponse> {
    const document = await this.documents.latest();
    if (!document) throw new NotFoundException();
    const { file, name: basename, contentType } = document;
    return new DownloadResponse(file, { basename, contentType });
  }

  /** sendfile() hands out a path that the handler has found itself. */
  @Get('terms')
  terms(): DownloadResponse {
    return sendfile('terms.txt', {
      root: directories.assets,
      basename: 'Terms of the library.txt',
    });
  }
}
