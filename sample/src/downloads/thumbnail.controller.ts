import { Controller, NotFoundException } from '@nestjs/common';
import {
  type DerivedFile,
  DownloadController,
  type DownloadRequest,
} from 'nestjs-downloadview';

import { DocumentsService } from '../documents/documents.service.js';
import { isPicture, PicturesService } from '../documents/pictures.service.js';

/**
 * A file that is made once, when somebody asks for it first. From then on it is a file like all others, and the
 * server in front sends it.
 */
@Controller('documents/:slug/thumbnail')
export class ThumbnailController extends DownloadController {
  override attachment = false;
  /** Lists ask for it with the id of the document, so that nobody keeps the picture of another one. */
  override cacheControl = 'private, max-age=86400';

  constructor(
    private readonly documents: DocumentsService,
    private readonly pictures: PicturesService,
  ) {
    super();
  }

  override async getFile({ params }: DownloadRequest): Promise<DerivedFile> {
    const document = await this.documents.find(String(params.slug));
    if (!isPicture(document)) throw new NotFoundException();
    return this.pictures.thumbnail(document);
  }
}
