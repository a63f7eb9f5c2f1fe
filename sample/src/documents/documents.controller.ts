import {
  BadRequestException,
  Controller,
  Get,
  Header,
  Post,
  Redirect,
  UploadedFile,
  UseInterceptors,
} from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';

import { documentsPage } from '../page/documents.page.js';
import { DocumentsService } from './documents.service.js';
import { receivedName } from './names.js';

const MEBIBYTE = 2 ** 20;

/** The page. Downloads have controllers of their own: see `downloads/`. */
@Controller()
export class DocumentsController {
  constructor(private readonly documents: DocumentsService) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header(
    'Content-Security-Policy',
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'",
  )
  async page(): Promise<string> {
    return documentsPage(await this.documents.list());
  }

  @Post('documents')
  @Redirect('/', 303)
  @UseInterceptors(
    FileInterceptor('file', {
      limits: { files: 1, fileSize: 100 * MEBIBYTE },
      // Browsers send names as UTF-8 and do not say so.
      defParamCharset: 'utf8',
    }),
  )
  async upload(@UploadedFile() file?: Express.Multer.File): Promise<void> {
    if (!file) throw new BadRequestException('Choose a file first.');
    await this.documents.add({
      name: receivedName(file.originalname),
      contentType: file.mimetype,
      bytes: file.buffer,
    });
  }
}
