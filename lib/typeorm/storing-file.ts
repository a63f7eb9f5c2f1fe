import { Logger } from '@nestjs/common';
import { type ObjectLiteral, type QueryRunner } from 'typeorm';

import {
  InvalidOptionsError,
  StorageUnavailableError,
  quote,
} from '../errors/download-errors.js';
import { newKey, StorageFile } from '../files/storage-file.js';
import { type FileField } from './file-fields.js';
import { type NewFile } from './new-file.js';
import { withoutSlash } from './new-file-place.js';
import { type PendingFile } from './pending-files.js';

/**
 * A new file on its way into the storage, and out again where its row is not written.
 *
 * @internal
 */
export class StoringFile implements PendingFile {
  readonly #logger = new Logger('FileColumnsModule');
  #stored?: StorageFile;
  #runner?: QueryRunner;
  #isWritten = false;
  #isKept = false;
  #isGivenUp = false;

  /** @param undone where files that are removed again are noted, so that no row gets their keys */
  constructor(
    private readonly field: FileField,
    readonly owner: ObjectLiteral,
    private readonly file: NewFile,
    private readonly undone: WeakSet<StorageFile>,
  ) {}

  get key(): string | undefined {
    return this.#stored?.key;
  }

  /** Whether a statement was to write its row. */
  get isJoined(): boolean {
    return this.#runner !== undefined;
  }

  /**
   * Stores it, where it is not stored yet, and makes the property the stored file.
   *
   * @throws StorageUnavailableError where it was given up meanwhile
   */
  async store(): Promise<void> {
    const { storage } = this.field;
    const stored = new StorageFile(
      storage,
      this.file.isStored
        ? this.file.key
        : await this.file.storeIn(
            storage,
            newKey(this.#directory(), this.file.name),
          ),
    );
    this.#stored = stored;
    if (!this.#isGivenUp) return this.field.set(this.owner, stored);
    await this.#remove(stored);
    throw new StorageUnavailableError(
      `${quote(stored.key)} was stored too late: its row is not written`,
    );
  }

  join(runner: QueryRunner): void {
    this.#runner = runner;
  }

  written(): void {
    this.#isWritten = true;
  }

  keep(): void {
    this.#isKept = true;
  }

  /**
   * Removes it again, unless its row may be there: committed, or in the transaction of somebody else, which
   * goes on. On SQLite all share one connection, and whoever comes meanwhile its transaction.
   */
  async giveUp(): Promise<void> {
    if (this.#isKept) return;
    const { isTransactionActive = false, isReleased = true } =
      this.#runner ?? {};
    const goesOn = this.#isWritten && isTransactionActive && !isReleased;
    if (!goesOn) await this.undo();
  }

  /** The property is the new file again: what can be read again can be saved again. */
  async undo(): Promise<void> {
    if (this.#isGivenUp) return;
    this.#isGivenUp = true;
    const stored = this.#stored;
    if (!stored) return;
    if (this.field.valueOf(this.owner) === stored) {
      this.field.set(this.owner, this.file);
    }
    await this.#remove(stored);
  }

  /** Why there is nothing to write is told by another error: this one is logged. */
  async #remove(stored: StorageFile): Promise<void> {
    this.undone.add(stored);
    this.file.forgetStored();
    try {
      await stored.delete();
    } catch (error) {
      this.#logger.warn(
        `The file ${quote(stored.key)} is of no row, and could not be removed: ${quote(error instanceof Error ? error.message : error)}`,
      );
    }
  }

  #directory(): string {
    const { column, directory } = this.field.column;
    if (typeof directory === 'string') return withoutSlash(directory);
    const given: unknown = Reflect.apply(directory, undefined, [
      this.field.holderIn(this.owner),
    ]);
    if (typeof given === 'string') return withoutSlash(given);
    throw new InvalidOptionsError(
      `FileColumn(${column}).directory`,
      given,
      'The function must give a text, such as documents/2026.',
    );
  }
}
