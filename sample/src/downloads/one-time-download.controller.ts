import { Controller } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type DownloadFile, FileNotFoundError } from 'nestjs-downloadview';
import {
  type LimitedLink,
  LimitedLinkDownloadController,
  type LimitedLinkPage,
} from 'nestjs-downloadview/typeorm';
import { Repository } from 'typeorm';

import { Document } from '../documents/document.entity.js';
import { oneTimePage } from '../page/one-time.page.js';

/**
 * A document for the first who takes it. The link shows a page, and only its button counts: mail scanners
 * and chats open links, too. How often a link was used is a row of the database.
 */
@Controller('once/:link')
export class OneTimeDownloadController extends LimitedLinkDownloadController {
  constructor(
    @InjectRepository(Document)
    private readonly documents: Repository<Document>,
  ) {
    super();
  }

  override async getSharedFile({
    subject,
  }: LimitedLink): Promise<DownloadFile> {
    const document = await this.documents.findOneBy({ id: Number(subject) });
    if (document) return document.file;
    throw new FileNotFoundError('The document was deleted');
  }

  override getPage(page: LimitedLinkPage): string {
    return oneTimePage(page);
  }
}
