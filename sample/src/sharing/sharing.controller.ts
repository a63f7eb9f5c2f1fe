import {
  BadRequestException,
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
import { shareAddress, sharePage } from '../page/share.page.js';
import { publicOrigin } from '../web/public-origin.js';
import { SameOriginGuard } from '../web/same-origin.guard.js';
import {
  type SharedLink,
  type ShareForm,
  SharingService,
} from './sharing.service.js';

/** Makes links for people who are not to see the rest: to one document, or to a selection. */
@Controller(['documents/:slug/share', 'share'])
@UseGuards(SameOriginGuard)
export class SharingController {
  constructor(
    private readonly documents: DocumentsService,
    private readonly sharing: SharingService,
  ) {}

  @Get()
  @Page()
  async form(@Req() request: Request): Promise<string> {
    return this.#page(await this.#chosen(request));
  }

  /** The link is in this answer and nowhere else: a redirect would leave it in the browser's history. */
  @Post()
  @Page()
  async share(
    @Body() form: ShareForm | undefined,
    @Req() request: Request,
  ): Promise<string> {
    const documents = await this.#chosen(request);
    const { url, link } = await this.sharing.share(documents, form ?? {});
    return this.#page(documents, { link, url: publicOrigin(request) + url });
  }

  @Post(':link/revoke')
  @Redirect('', 303)
  async revoke(
    @Param('link') link: string,
    @Req() request: Request,
  ): Promise<{ url: string }> {
    const documents = await this.#chosen(request);
    await this.sharing.revoke(documents, link);
    return { url: shareAddress(documents) };
  }

  /** The one that the path names, or those of the query: `/share?slug=letter&slug=sunset`. */
  async #chosen({ params, query }: Request): Promise<Document[]> {
    if (params.slug) return [await this.documents.find(String(params.slug))];
    const slugs = [query.slug ?? []].flat().map(String);
    const documents = await this.documents.findAll(slugs);
    if (documents.length) return documents;
    throw new BadRequestException('Choose documents first.');
  }

  async #page(
    documents: readonly Document[],
    made?: SharedLink,
  ): Promise<string> {
    return sharePage(documents, await this.sharing.list(documents), made);
  }
}
