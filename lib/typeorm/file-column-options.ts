import { type ColumnOptions } from 'typeorm';

import { InvalidOptionsError } from '../errors/download-errors.js';
import { kindOf } from '../errors/quote.js';
import { DownloadStorage } from '../storages/download-storage.js';
import { keySegments } from '../storages/storage-key.js';

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
  const {
    storage = 'default',
    directory = '',
    onReplace = 'keep',
    onDelete = 'keep',
  } = options;
  const refuse = (option: string, value: unknown, accepted: string): never => {
    throw new InvalidOptionsError(
      `FileColumn(${column}).${option}`,
      value,
      accepted,
    );
  };
  if (!isStorage(storage)) {
    refuse('storage', kindOf(storage), 'Give the name of a storage, or one.');
  }
  if (typeof directory !== 'function' && !isDirectory(directory)) {
    refuse(
      'directory',
      directory,
      "Give the directory of new files, 'documents', or a function of the entity that does.",
    );
  }
  for (const [option, value] of Object.entries({ onReplace, onDelete })) {
    if (value !== 'keep' && value !== 'delete') {
      refuse(option, value, "Give 'keep' or 'delete'.");
    }
  }
  if ('transformer' in columnOptions) {
    refuse('transformer', 'one', 'Leave it out: a file column has its own.');
  }
  return { column, storage, directory, onReplace, onDelete };
}

/**
 * A directory without the slash that it may end with.
 *
 * @internal
 */
export function withoutSlash(directory: string): string {
  return directory.endsWith('/') ? directory.slice(0, -1) : directory;
}

function isStorage(storage: unknown): boolean {
  return (
    storage instanceof DownloadStorage ||
    (typeof storage === 'string' && storage !== '')
  );
}

function isDirectory(directory: unknown): boolean {
  if (directory === '') return true;
  if (typeof directory !== 'string') return false;
  try {
    return keySegments(withoutSlash(directory)).length > 0;
  } catch {
    return false;
  }
}
