import { Logger } from '@nestjs/common';
import { type EntityManager, type EntityMetadata } from 'typeorm';

import { quote } from '../errors/download-errors.js';
import { type DownloadStorage } from '../storages/download-storage.js';
import { fileFieldsOf } from './file-fields.js';

/**
 * Removes files that no row needs any more. The rows are committed by then: what fails is logged, and fails
 * nobody.
 *
 * @internal
 */
export class FileRemover {
  readonly #logger = new Logger('FileColumnsModule');

  constructor(private readonly metadatas: readonly EntityMetadata[]) {}

  async remove(
    manager: EntityManager,
    storage: DownloadStorage,
    key: string,
  ): Promise<void> {
    try {
      if (await this.#hasRow(manager, storage, key)) return;
      await storage.delete(key);
    } catch (error) {
      this.#logger.warn(
        `The file ${quote(key)} is of no row any more, and could not be removed: ${quote(error instanceof Error ? error.message : error)}`,
      );
    }
  }

  /** Whether some row still has the key, in whichever column, also one that is removed softly. */
  async #hasRow(
    manager: EntityManager,
    storage: DownloadStorage,
    key: string,
  ): Promise<boolean> {
    for (const entity of this.metadatas) {
      for (const field of fileFieldsOf(entity)) {
        if (field.storage !== storage) continue;
        const found = await manager.getRepository(entity.target).exists({
          where: field.metadata.createValueMap(key),
          withDeleted: true,
          loadEagerRelations: false,
        });
        if (found) return true;
      }
    }
    return false;
  }
}
