import { Controller } from '@nestjs/common';
import { VirtualDownloadController } from 'nestjs-downloadview';
import { CsvFile } from 'nestjs-downloadview/csv';

import { DocumentsService } from '../documents/documents.service.js';

/** A file that does not exist until somebody asks for it: its lines are made while the client takes them. */
@Controller('documents.csv')
export class DocumentListController extends VirtualDownloadController {
  constructor(private readonly documents: DocumentsService) {
    super();
  }

  override getFile(): CsvFile {
    return new CsvFile(() => this.documents.list(), {
      name: 'documents.csv',
      columns: {
        name: 'Name',
        contentType: 'Type',
        size: 'Bytes',
        createdAt: 'Added',
      },
    });
  }
}
