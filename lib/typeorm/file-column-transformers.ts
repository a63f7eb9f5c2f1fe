import { type ValueTransformer } from 'typeorm';

import { InvalidOptionsError } from '../errors/download-errors.js';
import { kindOf } from '../errors/quote.js';
import { StorageFile } from '../files/storage-file.js';
import { type DownloadStorage } from '../storages/download-storage.js';
import { type CheckedFileColumn } from './file-column-options.js';
import { NewFile } from './new-file.js';

/**
 * What a file column has from its decorator: which storage it means is known to each application alone.
 *
 * @internal
 */
export class UnboundFileColumn implements ValueTransformer {
  constructor(readonly column: CheckedFileColumn) {}

  from(value: unknown): unknown {
    return this.#nothingIn(value);
  }

  to(value: unknown): unknown {
    return this.#nothingIn(value);
  }

  #nothingIn(value: unknown): unknown {
    if (value === null || value === undefined) return value;
    throw new InvalidOptionsError(
      `FileColumn(${this.column.column}).storage`,
      kindOf(this.column.storage),
      'Its DataSource knows no storages: import FileColumnsModule.forRoot(), with { dataSource } for one that is not the default, or call bindFileColumns(dataSource, storages).',
    );
  }
}

/**
 * A file column of one DataSource: keys in the database, files in the entities.
 *
 * @internal
 */
export class BoundFileColumn implements ValueTransformer {
  constructor(
    readonly column: CheckedFileColumn,
    readonly storage: DownloadStorage,
    /** Files that were removed again, because the transaction that was to write them was rolled back. */
    private readonly undone: WeakSet<StorageFile>,
  ) {}

  from(value: unknown): unknown {
    if (value === null || value === '') return null;
    // TypeORM hydrates some values of an INSERT twice.
    return typeof value === 'string'
      ? new StorageFile(this.storage, value)
      : value;
  }

  to(value: unknown): unknown {
    if (value instanceof NewFile) return this.#notStored(value);
    if (value instanceof StorageFile) return this.#keyOf(value);
    if (
      value === null ||
      value === undefined ||
      typeof value === 'string' ||
      typeof value === 'function'
    ) {
      return value;
    }
    throw this.#wrong(
      kindOf(value),
      'Give a NewFile, a StorageFile, a key of the storage, or null.',
    );
  }

  /**
   * For a file that is still to be stored. TypeORM takes a function for an expression of SQL: it calls it for
   * the statement, and not before; until then it only sees that the value is another one than before.
   */
  #notStored({ name }: NewFile): () => never {
    return () => {
      throw this.#wrong(
        name,
        'It is not stored: save(), insert(), update() and upsert() do that, but not where listeners are switched off.',
      );
    };
  }

  #keyOf(file: StorageFile): string {
    if (file.storage !== this.storage) {
      throw this.#wrong(
        file.key,
        'The file is in another storage than that of the column. For a copy give new NewFile(file.name, file).',
      );
    }
    if (this.undone.has(file)) {
      throw this.#wrong(
        file.key,
        'The file was removed when its transaction was rolled back. Give a NewFile.',
      );
    }
    return file.key;
  }

  #wrong(value: unknown, accepted: string): InvalidOptionsError {
    return new InvalidOptionsError(this.column.column, value, accepted);
  }
}
