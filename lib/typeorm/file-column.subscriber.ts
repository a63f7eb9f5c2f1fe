import { Logger } from '@nestjs/common';
import {
  type EntityManager,
  type EntityMetadata,
  type EntitySubscriberInterface,
  type ObjectLiteral,
  type QueryRunner,
} from 'typeorm';

import { StorageFile } from '../files/storage-file.js';
import { type DownloadStorages } from '../storages/download-storages.js';
import { type FileField, fileFieldsOf } from './file-fields.js';
import { FormerFiles } from './former-files.js';
import { FileRemover } from './file-remover.js';
import { type NewFileStorer } from './new-file-storer.js';
import { type PendingFiles } from './pending-files.js';
import { StoringFile } from './storing-file.js';

// The part of TypeORM's events that is used; their types are generic in one version and not in another.
interface RunnerEvent {
  readonly queryRunner: QueryRunner;
}
interface QueryEvent extends RunnerEvent {
  readonly success: boolean;
  readonly parameters?: unknown[] | ObjectLiteral;
}
interface EntityEvent extends RunnerEvent {
  readonly manager: EntityManager;
  readonly metadata: EntityMetadata;
  /** The entity, or the values of a query. */
  readonly entity?: ObjectLiteral | undefined;
  /** What the row was; only with `save()` and `remove()`. */
  readonly databaseEntity?: ObjectLiteral | undefined;
  /** Of a row that is removed: its key, or an object of its keys. */
  readonly entityId?: unknown;
}

/**
 * Stores the new files of entities that are written, and removes files as rows and transactions go.
 *
 * @internal
 */
export class FileColumnSubscriber implements EntitySubscriberInterface {
  readonly #logger = new Logger('FileColumnsModule');
  readonly #warned = new Set<string>();
  readonly #former = new FormerFiles();
  readonly #remover: FileRemover;

  constructor(
    metadatas: readonly EntityMetadata[],
    /** Those that the columns were bound to. */
    readonly storages: DownloadStorages,
    private readonly undone: WeakSet<StorageFile>,
    private readonly pending: PendingFiles,
    private readonly storer: NewFileStorer,
  ) {
    this.#remover = new FileRemover(metadatas);
  }

  beforeInsert(event: EntityEvent): Promise<void> | void {
    return this.#store(event);
  }

  async beforeUpdate(event: EntityEvent): Promise<void> {
    await this.#store(event);
    await this.#former.completeUpdated(event);
  }

  beforeRemove(event: EntityEvent): Promise<void> | void {
    return this.#former.completeRemoved(event);
  }

  afterInsert({ queryRunner, entity }: EntityEvent): void {
    if (entity) this.pending.written(queryRunner, entity);
  }

  async afterUpdate(event: EntityEvent): Promise<void> {
    const { queryRunner, metadata, entity, databaseEntity } = event;
    if (!entity) return;
    this.pending.written(queryRunner, entity);
    if (!databaseEntity) return;
    for (const field of fileFieldsOf(metadata)) {
      if (field.column.onReplace === 'keep') continue;
      const now = field.valueOf(entity);
      const isReplaced =
        now !== undefined &&
        keyOf(now) !== keyOf(field.valueOf(databaseEntity));
      if (isReplaced) await this.#remove(event, field, databaseEntity);
    }
  }

  async afterRemove(event: EntityEvent): Promise<void> {
    const row = this.#former.takeRemoved(event) ?? event.entity;
    if (!row) return;
    for (const field of fileFieldsOf(event.metadata)) {
      if (field.column.onDelete === 'delete') {
        await this.#remove(event, field, row);
      }
    }
  }

  afterQuery({
    queryRunner,
    success,
    parameters,
  }: QueryEvent): Promise<void> | void {
    if (!Array.isArray(parameters)) return;
    if (!success) return this.pending.failed(queryRunner, parameters);
    this.pending.succeeded(queryRunner, parameters);
  }

  /** Nothing to wait for where there is nothing to store. */
  #store({ queryRunner, metadata, entity }: EntityEvent): Promise<void> | void {
    if (!entity) return;
    for (const stored of this.storer.take(entity)) {
      this.pending.addStored(queryRunner, stored);
    }
    const fields = fileFieldsOf(metadata).filter((field) =>
      field.newFileOf(entity),
    );
    if (fields.length > 0) return this.#storeAll(queryRunner, entity, fields);
  }

  /** Those that nobody could store before: of insert() and update(), and those in a transaction that has begun. */
  async #storeAll(
    runner: QueryRunner,
    entity: ObjectLiteral,
    fields: readonly FileField[],
  ): Promise<void> {
    for (const field of fields) {
      const file = field.newFileOf(entity);
      if (!file) continue;
      if (runner.isTransactionActive && !file.isStored && file.isSlow) {
        this.#warnOfWaiting(field.column.column);
      }
      const storing = new StoringFile(field, entity, file, this.undone);
      this.pending.addStored(runner, storing);
      await storing.store();
    }
  }

  #warnOfWaiting(column: string): void {
    if (this.#warned.has(column)) return;
    this.#warned.add(column);
    this.#logger.warn(
      `${column}: a new file is read inside a transaction, which holds its connection until the last byte has come. Store it before the transaction begins: await file.store()`,
    );
  }

  async #remove(
    { queryRunner, manager }: EntityEvent,
    field: FileField,
    row: ObjectLiteral,
  ): Promise<void> {
    const key = keyOf(field.valueOf(row));
    if (key === undefined) return;
    await this.pending.addRemoval(queryRunner, () =>
      this.#remover.remove(manager, field.storage, key),
    );
  }
}

function keyOf(value: unknown): string | undefined {
  if (value instanceof StorageFile) return value.key;
  return typeof value === 'string' && value !== '' ? value : undefined;
}
