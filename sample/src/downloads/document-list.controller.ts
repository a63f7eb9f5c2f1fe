import { Controller } from '@nestjs/common';
import { VirtualDownloadController, VirtualFile } from 'nestjs-downloadview';

import { DocumentsService } from '../documents/documents.service.js';

/** A file that does not exist until somebody asks for it: each line is made when the client takes it. */
@Controller('documents.txt')
export class DocumentListController extends VirtualDownloadController {
  override charset = 'utf-8';

  constructor(private readonly documents: DocumentsService) {
    super();
  }

  override getFile(): VirtualFile {
    return new VirtualFile(() => this.lines(), { name: 'documents.txt' });
  }

  private async *lines(): AsyncGenerator<string> {
    for (const { name, size } of await this.documents.list()) {
      yield `${size}\t${name}\n`;
    }
  }
}
