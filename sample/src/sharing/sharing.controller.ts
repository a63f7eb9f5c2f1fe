import {
  Body,
  Controller,
  Get,
  Param,
  Post,
  Redirect,
  Req,
  UseGuards,
} from '@nestjs/common';
import { type Request } from 'express';

import { type Document } from '../documents/document.entity.js';
import { DocumentsService } from '../documents/documents.service.js';
import { Page } from '../page/page.decorator.js';
import { sharePage } from '../page/share.page.js';
import { publicOrigin } from '../web/public-origin.js';
import { SameOriginGuard } from '../web/same-origin.guard.js';
import {
  type SharedLink,
  type ShareForm,
  SharingService,
} from './sharing.service.js';

/** Makes links for people who are not to see the rest. */
@Controller('documents/:slug/share')
@UseGuards(SameOriginGuard)
export class SharingController {
  constructor(
    private readonly documents: DocumentsService,
    private readonly sharing: SharingService,
  ) {}

  @Get()
  @Page()
  async form(@Param('slug') slug: string): Promise<string> {
    return this.#page(await this.documents.find(slug));
  }

  /** The link is in this answer and nowhere else: a redirect would leave it in the browser's history. */
  @Post()
  @Page()
  async share(
    @Param('slug') slug: string,
    @Body() form: ShareForm | undefined,
    @Req() request: Request,
  ): Promise<string> {
    const document = await this.documents.find(slug);
    const { url, link } = await this.sharing.share(document, form ?? {});
    return this.#page(document, { link, url: publicOrigin(request) + url });
  }

  @Post(':link/revoke')
  @Redirect('', 303)
  async revoke(
    @Param('slug') slug: string,
    @Param('link') link: string,
  ): Promise<{ url: string }> {
    await this.sharing.revoke(await this.documents.find(slug), link);
    return { url: `/documents/${slug}/share` };
  }

  async #page(document: Document, made?: SharedLink): Promise<string> {
    return sharePage(document, await this.sharing.list(document), made);
  }
}
