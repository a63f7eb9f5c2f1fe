import { Module, type OnApplicationBootstrap } from '@nestjs/common';
import { DownloadStorages } from 'nestjs-downloadview';

import { DocumentsModule } from '../documents/documents.module.js';
import { DocumentsService } from '../documents/documents.service.js';
import { firstDocuments, guide } from './first-documents.js';

/** Fills an empty library, so that there is something to download. */
@Module({ imports: [DocumentsModule] })
export class SeedModule implements OnApplicationBootstrap {
  constructor(
    private readonly documents: DocumentsService,
    private readonly storages: DownloadStorages,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const files = this.storages.get('public');
    if (!(await files.exists(guide.key))) {
      await files.save(guide.key, guide.text);
    }
    if (await this.documents.latest()) return;
    for (const { bytes, ...document } of await firstDocuments()) {
      const { length: size } = bytes;
      await this.documents.add({ ...document, size, content: bytes });
    }
  }
}
