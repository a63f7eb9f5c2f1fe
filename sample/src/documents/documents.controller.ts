import {
  BadRequestException,
  Body,
  Controller,
  Get,
  Param,
  Post,
  Query,
  Redirect,
  Req,
  UploadedFiles,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { FilesInterceptor } from '@nestjs/platform-express';
import { type Request } from 'express';

import { ActivityService } from '../activity/activity.service.js';
import { wantsApplication } from '../activity/sender.js';
import { sendersCard } from '../page/activity.page.js';
import { deletePage } from '../page/delete.page.js';
import { documentPage } from '../page/document.page.js';
import { documentsPage } from '../page/documents.page.js';
import { editPage } from '../page/edit.page.js';
import { morePage } from '../page/more.page.js';
import { Page } from '../page/page.decorator.js';
import { needsText } from '../page/preview.js';
import { SameOriginGuard } from '../web/same-origin.guard.js';
import { type Document } from './document.entity.js';
import { listQuery } from './document-list.js';
import { DocumentsService } from './documents.service.js';
import { receivedName } from './names.js';
import { receivedTags } from './tags.js';
import { type Upload, UploadsService } from './uploads.service.js';

type Values = string | string[] | undefined;

/** The pages, and what their forms do. Downloads have controllers of their own: see `downloads/`. */
@Controller()
@UseGuards(SameOriginGuard)
export class DocumentsController {
  constructor(
    private readonly documents: DocumentsService,
    private readonly uploads: UploadsService,
    private readonly activity: ActivityService,
  ) {}

  @Get()
  @Page()
  async list(@Query() query: Record<string, Values>): Promise<string> {
    const [list, added] = await Promise.all([
      this.documents.page(listQuery(query)),
      this.documents.findAll(listed(query.added)),
    ]);
    const names = added.map(({ name }) => `“${name}”`).join(', ');
    const deleted = Number(query.deleted);
    return documentsPage(
      list,
      (names && `Added: ${names}.`) ||
        (deleted === 1 && 'The document was deleted.') ||
        (deleted > 1 && `${deleted} documents were deleted.`) ||
        undefined,
    );
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

  @Get('delete')
  @Page()
  async confirmDelete(@Query('slug') slug: Values): Promise<string> {
    return deletePage(await this.#chosen(slug));
  }

  @Post('delete')
  @Redirect('/', 303)
  async delete(@Body('slug') slug: Values): Promise<{ url: string }> {
    const documents = await this.#chosen(slug);
    await this.documents.remove(documents);
    return { url: `/?deleted=${documents.length}` };
  }

  @Get('documents/:slug')
  @Page()
  async show(
    @Param('slug') slug: string,
    @Req() request: Request,
  ): Promise<string> {
    const document = await this.documents.find(slug);
    const senders = sendersCard(
      this.activity.latest(document.file.key),
      wantsApplication(request),
      `/documents/${slug}`,
    );
    const text = needsText(document)
      ? await this.documents.beginning(document)
      : undefined;
    return documentPage(document, senders, text);
  }

  @Get('documents/:slug/edit')
  @Page()
  async editForm(@Param('slug') slug: string): Promise<string> {
    return editPage(await this.documents.find(slug));
  }

  @Post('documents/:slug/edit')
  @Redirect('', 303)
  async edit(
    @Param('slug') slug: string,
    @Body('name') name: Values,
    @Body('tags') tags: Values,
  ): Promise<{ url: string }> {
    await this.documents.edit(
      slug,
      receivedName(String(name ?? '')),
      receivedTags(String(tags ?? '')),
    );
    return { url: `/documents/${slug}` };
  }

  async #chosen(slug: Values): Promise<Document[]> {
    const documents = await this.documents.findAll(listed(slug));
    if (documents.length) return documents;
    throw new BadRequestException('Choose documents first.');
  }
}

/** A field that is there once, several times, or not at all. */
function listed(values: Values): string[] {
  return values === undefined ? [] : [values].flat().map(String);
}
