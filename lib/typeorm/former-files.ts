import {
  type EntityManager,
  type EntityMetadata,
  type ObjectLiteral,
  type QueryRunner,
} from 'typeorm';

import { type FileField, fileFieldsOf } from './file-fields.js';

/** The part of TypeORM's events that is used. */
interface RowEvent {
  readonly queryRunner: QueryRunner;
  readonly manager: EntityManager;
  readonly metadata: EntityMetadata;
  /** What the row was, as far as TypeORM has loaded it. */
  readonly databaseEntity?: ObjectLiteral;
  /** Of a row that is removed: its key, or an object of its keys. */
  readonly entityId?: unknown;
}

/**
 * The files that rows had before they are changed or removed. TypeORM loads neither columns with
 * `select: false` nor the rows that it removes as orphans of another one (`orphanedRowAction`).
 *
 * @internal
 */
export class FormerFiles {
  readonly #removed = new WeakMap<QueryRunner, Map<string, ObjectLiteral>>();
  readonly #lookUps = new WeakMap<QueryRunner, Promise<unknown>>();

  /** Before a row is changed: what it was has its files then. */
  completeUpdated(event: RowEvent): Promise<void> | void {
    const { metadata, databaseEntity } = event;
    const fields = fieldsToFind(event, 'onReplace');
    if (!databaseEntity || fields.length === 0) return;
    const key = metadata.getEntityIdMap(databaseEntity);
    return this.#complete(event, databaseEntity, key, fields);
  }

  /** Before a row is removed. */
  completeRemoved(event: RowEvent): Promise<void> | void {
    const { metadata, databaseEntity, entityId, queryRunner } = event;
    const fields = fieldsToFind(event, 'onDelete');
    if (fields.length === 0 || entityId === undefined) return;
    const row = databaseEntity ?? {};
    if (!databaseEntity) {
      const rows =
        this.#removed.get(queryRunner) ?? new Map<string, ObjectLiteral>();
      this.#removed.set(queryRunner, rows.set(nameOf(metadata, entityId), row));
    }
    return this.#complete(event, row, entityId, fields);
  }

  /** After a row was removed: what it was. */
  takeRemoved(event: RowEvent): ObjectLiteral | undefined {
    const { metadata, databaseEntity, entityId, queryRunner } = event;
    if (databaseEntity) return databaseEntity;
    const rows = this.#removed.get(queryRunner);
    const name = nameOf(metadata, entityId);
    const row = rows?.get(name);
    rows?.delete(name);
    return row;
  }

  /** One after another: drivers do not like two queries at once on one connection. */
  async #complete(
    event: RowEvent,
    row: ObjectLiteral,
    key: unknown,
    fields: readonly FileField[],
  ): Promise<void> {
    const { queryRunner } = event;
    const lookUp = (): Promise<ObjectLiteral | null> =>
      find(event, key, fields);
    const found = (this.#lookUps.get(queryRunner) ?? Promise.resolve()).then(
      lookUp,
      lookUp,
    );
    this.#lookUps.set(queryRunner, found);
    const former = await found;
    if (!former) return;
    for (const field of fields) field.set(row, field.valueOf(former));
  }
}

/** Of whose values something depends, and which are not known. */
function fieldsToFind(
  { metadata, databaseEntity = {} }: RowEvent,
  option: 'onReplace' | 'onDelete',
): FileField[] {
  return fileFieldsOf(metadata).filter(
    (field) =>
      field.column[option] === 'delete' &&
      field.valueOf(databaseEntity) === undefined,
  );
}

/** With columns that are otherwise not selected, and rows that are removed softly. */
function find(
  { manager, metadata }: RowEvent,
  key: unknown,
  fields: readonly FileField[],
): Promise<ObjectLiteral | null> {
  const columns = [
    ...metadata.primaryColumns,
    ...fields.map((field) => field.metadata),
  ];
  return manager
    .createQueryBuilder<ObjectLiteral>(metadata.target, 'former')
    .select(columns.map(({ propertyPath }) => `former.${propertyPath}`))
    .whereInIds([key])
    .withDeleted()
    .getOne();
}

function nameOf({ tablePath }: EntityMetadata, key: unknown): string {
  return JSON.stringify([tablePath, key]);
}
