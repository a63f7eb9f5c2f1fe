import { Controller } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { ObjectDownloadController } from 'nestjs-downloadview';
import { Repository } from 'typeorm';

import { Document } from '../documents/document.entity.js';

/** A document, found by the slug in the URL. The row says what the storage cannot know of the file. */
@Controller('documents/:slug/download')
export class DocumentDownloadController extends ObjectDownloadController<Document> {
  override basenameField = 'name';
  override contentTypeField = 'contentType';

  constructor(
    @InjectRepository(Document)
    override readonly repository: Repository<Document>,
  ) {
    super();
  }
}

/**
 * The same document, shown in the browser. Types that could run script, such as HTML, still go out as
 * attachments.
 */
@Controller('documents/:slug/inline')
export class DocumentInlineController extends DocumentDownloadController {
  override attachment = false;
}
