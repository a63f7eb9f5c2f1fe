import { Controller, UseInterceptors } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type DownloadFile, FileNotFoundError } from 'nestjs-downloadview';
import {
  type LimitedLink,
  LimitedLinkDownloadController,
  type LimitedLinkPage,
} from 'nestjs-downloadview/typeorm';
import { type Request } from 'express';
import { Repository } from 'typeorm';

import { Document } from '../documents/document.entity.js';
import { PreviewsService } from '../documents/previews.service.js';
import { guestPage } from '../page/guest.page.js';
import { SharingService } from '../sharing/sharing.service.js';
import {
  letLoad,
  PagePolicyInterceptor,
} from '../web/page-policy.interceptor.js';

/**
 * A document for those who have a link to it: for the first of them, for five, or until the link is taken
 * back. The link shows a page, and only its button counts: mail scanners and chats open links, too. How often
 * a link was used is a row of the database.
 */
@Controller('links/:link')
@UseInterceptors(PagePolicyInterceptor)
export class LimitedDownloadController extends LimitedLinkDownloadController {
  constructor(
    @InjectRepository(Document)
    private readonly documents: Repository<Document>,
    private readonly previews: PreviewsService,
    private readonly sharing: SharingService,
  ) {
    super();
  }

  override async getSharedFile(link: LimitedLink): Promise<DownloadFile> {
    return (await this.#document(link)).file;
  }

  /** Where uses are counted, nobody sees anything of the content before one is counted. */
  override async getPage(
    page: LimitedLinkPage,
    { res }: Request,
  ): Promise<string> {
    const document = await this.#document(page.link);
    const message = await this.sharing.messageOf(page.link);
    const shown =
      page.link.maxUses === null
        ? await this.previews.show(document, page.link)
        : undefined;
    if (shown && 'source' in shown && res) letLoad(res);
    return guestPage(page, { document, message, shown });
  }

  async #document({ subject }: LimitedLink): Promise<Document> {
    const document = await this.documents.findOneBy({ id: Number(subject) });
    if (document) return document;
    throw new FileNotFoundError('The document was deleted');
  }
}
