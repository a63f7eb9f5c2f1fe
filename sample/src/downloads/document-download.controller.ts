import { Controller } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import {
  type DownloadBackend,
  type DownloadFile,
  type DownloadRequest,
  ObjectDownloadController,
  stream,
} from 'nestjs-downloadview';
import { Repository } from 'typeorm';

import { wantsApplication } from '../activity/sender.js';
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

  /** A reader may have the application send it, to see the difference; else what the module has. */
  override getBackend(
    _file: DownloadFile,
    request: DownloadRequest,
  ): DownloadBackend | undefined {
    return wantsApplication(request) ? stream() : this.backend;
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
