import { type ColumnOptions, type ValueTransformer, Column } from 'typeorm';

import {
  checkOptions,
  oneOf,
  type OptionChecks,
} from '../errors/check-options.js';
import { InvalidOptionsError, kindOf } from '../errors/download-errors.js';
import { StorageFile } from '../files/storage-file.js';
import { DownloadStorage } from '../storages/download-storage.js';
import { NewFile } from './new-file.js';
import { isDirectory } from './new-file-place.js';

/**
 * What is not an option of `@Column()`.
 *
 * @internal
 */
export interface OwnOptions<Entity extends object = object> {
  /**
   * The storage that its files are in: one of `DownloadModule.forRoot({ storages })` by its name, or a storage
   * itself; `default` by default.
   */
  readonly storage?: string | DownloadStorage;
  /**
   * The directory for new files, in the storage: `documents`, or a function of the entity,
   * `({ ownerId }: Document) => 'documents/' + ownerId`. None by default.
   */
  readonly directory?: string | ((entity: Entity) => string);
  /**
   * What becomes of the old file when the row gets another one, or none: it is kept, or removed after the
   * transaction has been committed, unless another row has it too; `keep` by default.
   */
  readonly onReplace?: 'keep' | 'delete';
  /** The same for when the row is removed; `keep` by default. */
  readonly onDelete?: 'keep' | 'delete';
}

/**
 * Options of FileColumn: its own, and those of `@Column()`.
 *
 * @publicApi
 */
export interface FileColumnOptions<Entity extends object = object>
  extends
    OwnOptions<Entity>,
    Omit<ColumnOptions, 'transformer' | 'array' | 'query' | 'generated'> {}

/**
 * What a file column has been told, but for the options of `@Column()`.
 *
 * @internal
 */
export interface CheckedFileColumn {
  /** `Document.file` */
  readonly column: string;
  readonly storage: string | DownloadStorage;
  readonly directory: string | ((entity: never) => string);
  readonly onReplace: 'keep' | 'delete';
  readonly onDelete: 'keep' | 'delete';
}

const KEEP_OR_DELETE = oneOf(['keep', 'delete'], "Give 'keep' or 'delete'.");

const CHECKS: OptionChecks<OwnOptions & { transformer: unknown }> = {
  storage: [isStorage, 'Give the name of a storage, or one.'],
  directory: [
    (value) => typeof value === 'function' || isDirectory(value),
    "Give the directory of new files, 'documents', or a function of the entity that does.",
  ],
  onReplace: KEEP_OR_DELETE,
  onDelete: KEEP_OR_DELETE,
  transformer: [() => false, 'Leave it out: a file column has one of its own.'],
};

/**
 * @param column `Document.file`
 * @param columnOptions what is passed on to `@Column()`
 * @throws InvalidOptionsError
 * @internal
 */
export function checkFileColumn<Entity extends object>(
  column: string,
  options: OwnOptions<Entity>,
  columnOptions: object,
): CheckedFileColumn {
  const ofColumn =
    'transformer' in columnOptions
      ? { transformer: columnOptions.transformer }
      : {};
  checkOptions(`FileColumn(${column})`, { ...options, ...ofColumn }, CHECKS, {
    example: "{ directory: 'documents' }",
    shown: (value) => (typeof value === 'object' ? kindOf(value) : value),
  });
  const {
    storage = 'default',
    directory = '',
    onReplace = 'keep',
    onDelete = 'keep',
  } = options;
  return { column, storage, directory, onReplace, onDelete };
}

function isStorage(storage: unknown): boolean {
  return (
    storage instanceof DownloadStorage ||
    (typeof storage === 'string' && storage !== '')
  );
}

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
    if (value instanceof NewFile && !value.isStored) {
      return this.#notStored(value);
    }
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

/**
 * A column that holds the key of a file, on a property that is the file itself: a StorageFile, or null where
 * the column is empty. Needs `FileColumnsModule.forRoot()`.
 *
 * ```ts
 * @Entity()
 * class Document {
 *   @FileColumn({ directory: 'documents', nullable: true })
 *   file!: StorageFile | null;
 * }
 *
 * document.file = new NewFile('report.pdf', bytes);
 * await documents.save(document); // stores the file, then writes the row
 * await document.file.stat();
 * ```
 *
 * In the database it is a `varchar`; `type`, `length`, `nullable` and the other options of `@Column()` are
 * passed on. As with Django's FileField, a file whose row is removed, or gets another one, stays in its
 * storage, unless `onDelete` and `onReplace` say otherwise.
 *
 * A text in place of a file is taken for its key: never let it come from a client.
 *
 * @throws InvalidOptionsError for options that are wrong
 * @publicApi
 */
export function FileColumn<Entity extends object = object>(
  options: FileColumnOptions<Entity> = {},
): <Property extends string>(
  target: Entity & { [P in Property]?: StorageFile | null },
  property: Property,
) => void {
  return (target, property) => {
    const column = `${target.constructor.name}.${property}`;
    const { storage, directory, onReplace, onDelete, ...passedOn } = options;
    const own = { storage, directory, onReplace, onDelete };
    Column({
      type: 'varchar',
      ...passedOn,
      transformer: new UnboundFileColumn(
        checkFileColumn(column, own, passedOn),
      ),
    })(target, property);
  };
}
