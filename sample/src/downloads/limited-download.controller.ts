import { Controller, UseInterceptors } from '@nestjs/common';
import { type Request } from 'express';
import { type DownloadFile } from 'nestjs-downloadview';
import {
  type LimitedLink,
  LimitedLinkDownloadController,
  type LimitedLinkPage,
} from 'nestjs-downloadview/typeorm';

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
    if (this.sharing.isSelection(link)) {
      const list = isShown
        ? await this.previews.list(documents, link)
        : documents.map((document) => ({ document }));
      return selectionPage(page, list, message);
    }
    const [document] = documents;
    if (!isShown) return guestPage(page, { document }, message);
    const shown = await this.previews.show(document, link);
    if (shown && 'source' in shown && res) letLoad(res);
    const address = this.previews.addressOf(document, link);
    return guestPage(page, { document, shown, address }, message);
  }
}
