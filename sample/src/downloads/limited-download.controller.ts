import { Controller, UseInterceptors } from '@nestjs/common';
import { type Request } from 'express';
import { type DownloadFile } from 'nestjs-downloadview';
import {
  type LimitedLink,
  LimitedLinkDownloadController,
  type LimitedLinkPage,
} from 'nestjs-downloadview/typeorm';

import { type Document } from '../documents/document.entity.js';
import { PreviewsService } from '../documents/previews.service.js';
import { guestPage, selectionPage } from '../page/guest.page.js';
import { SharingService } from '../sharing/sharing.service.js';
import {
  letLoad,
  PagePolicyInterceptor,
} from '../web/page-policy.interceptor.js';

/**
 * Documents for those who have a link to them: for the first of them, for five, or until the link is taken
 * back. The link shows a page, and only its button counts: mail scanners and chats open links, too. How often
 * a link was used is a row of the database.
 */
@Controller('links/:link')
@UseInterceptors(PagePolicyInterceptor)
export class LimitedDownloadController extends LimitedLinkDownloadController {
  constructor(
    private readonly previews: PreviewsService,
    private readonly sharing: SharingService,
  ) {
    super();
  }

  override getSharedFile(link: LimitedLink): Promise<DownloadFile> {
    return this.sharing.fileOf(link);
  }

  /** Where uses are counted, nobody sees anything of the content before one is counted. */
  override async getPage(
    page: LimitedLinkPage,
    { res }: Request,
  ): Promise<string> {
    const { link } = page;
    const isShown = link.maxUses === null;
    const message = await this.sharing.messageOf(link);
    const documents = await this.sharing.documentsOf(link);
    const addressOf = (document: Document): string | undefined =>
      isShown ? this.previews.addressOf(document, link) : undefined;
    if (this.sharing.isSelection(link)) {
      return selectionPage(page, { documents, message, addressOf });
    }
    const [document] = documents;
    const shown = isShown
      ? await this.previews.show(document, link)
      : undefined;
    if (shown && 'source' in shown && res) letLoad(res);
    return guestPage(page, { document, message, addressOf, shown });
  }
}
