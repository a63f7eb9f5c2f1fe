import { BadRequestException, Controller } from '@nestjs/common';
import { DownloadController, type DownloadRequest } from 'nestjs-downloadview';
import { type ZipFile } from 'nestjs-downloadview/archives';

import { zipOf } from '../documents/documents-zip.js';
import { DocumentsService } from '../documents/documents.service.js';

/**
 * Several documents as one ZIP file, made while it is sent: `/documents.zip?slug=letter&slug=sunset`. Its
 * length is known before, and a download that breaks off goes on where it was.
 */
@Controller('documents.zip')
export class DocumentsArchiveController extends DownloadController {
  constructor(private readonly documents: DocumentsService) {
    super();
  }

  override async getFile({ query }: DownloadRequest): Promise<ZipFile> {
    const slugs = [query.slug].flat().map(String);
    const documents = await this.documents.findAll(slugs);
    if (!documents.length) {
      throw new BadRequestException('Choose documents first.');
    }
    return zipOf(documents);
  }
}
