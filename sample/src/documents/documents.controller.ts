import {
  BadRequestException,
  Controller,
  Get,
  Param,
  Post,
  Query,
  Redirect,
  UploadedFiles,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { FilesInterceptor } from '@nestjs/platform-express';

import { deletePage } from '../page/delete.page.js';
import { documentPage } from '../page/document.page.js';
import { documentsPage } from '../page/documents.page.js';
import { morePage } from '../page/more.page.js';
import { Page } from '../page/page.decorator.js';
import { SameOriginGuard } from '../web/same-origin.guard.js';
import { DocumentsService } from './documents.service.js';
import { type Upload, UploadsService } from './uploads.service.js';

/** The pages, and what their forms do. Downloads have controllers of their own: see `downloads/`. */
@Controller()
@UseGuards(SameOriginGuard)
export class DocumentsController {
  constructor(
    private readonly documents: DocumentsService,
    private readonly uploads: UploadsService,
  ) {}

  @Get()
  @Page()
  async list(
    @Query('added') added: string | string[] = [],
    @Query('deleted') deleted?: string,
  ): Promise<string> {
    const documents = await this.documents.list();
    const names = documents
      .filter(({ slug }) => [added].flat().includes(slug))
      .map(({ name }) => `“${name}”`);
    const notice = names.length
      ? `Added: ${names.join(', ')}.`
      : deleted && 'The document was deleted.';
    return documentsPage(documents, notice);
  }

  @Get('more')
  @Page()
  more(): string {
    return morePage;
  }

  @Post('documents')
  @Redirect('/', 303)
  @UseInterceptors(FilesInterceptor('files'))
  async upload(
    @UploadedFiles() files: readonly Upload[] = [],
  ): Promise<{ url: string }> {
    const added = await this.uploads.keep(files);
    if (!added.length) throw new BadRequestException('Choose a file first.');
    const query = added.map(({ slug }) => `added=${slug}`).join('&');
    return { url: `/?${query}` };
  }

  @Get('documents/:slug')
  @Page()
  async show(@Param('slug') slug: string): Promise<string> {
    return documentPage(await this.documents.find(slug));
  }

  @Get('documents/:slug/delete')
  @Page()
  async confirmDelete(@Param('slug') slug: string): Promise<string> {
    return deletePage(await this.documents.find(slug));
  }

  @Post('documents/:slug/delete')
  @Redirect('/?deleted=1', 303)
  delete(@Param('slug') slug: string): Promise<void> {
    return this.documents.remove(slug);
  }
}
