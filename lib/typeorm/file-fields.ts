import { type EntityMetadata, type ObjectLiteral } from 'typeorm';

import { type DownloadStorage } from '../storages/download-storage.js';
import { type CheckedFileColumn, BoundFileColumn } from './file-column.js';

type ColumnMetadata = EntityMetadata['columns'][number];

/**
 * A file column of an entity, bound to its storage.
 *
 * @internal
 */
export class FileField {
  constructor(
    readonly metadata: ColumnMetadata,
    private readonly bound: BoundFileColumn,
  ) {}

  get column(): CheckedFileColumn {
    return this.bound.column;
  }

  get storage(): DownloadStorage {
    return this.bound.storage;
  }

  valueOf(entity: ObjectLiteral): unknown {
    return this.metadata.getEntityValue(entity);
  }

  set(entity: ObjectLiteral, value: unknown): void {
    this.metadata.setEntityValue(entity, value);
  }

  /** The object that has the property: the entity, or what is embedded in it. */
  holderIn(entity: ObjectLiteral): ObjectLiteral {
    const path = this.metadata.embeddedMetadata?.parentPropertyNames ?? [];
    return path.reduce<ObjectLiteral>(
      (holder, property) => Reflect.get(holder, property) as ObjectLiteral,
      entity,
    );
  }
}

/**
 * The file columns of an entity, those of embedded objects included.
 *
 * @internal
 */
export function fileFieldsOf({ columns }: EntityMetadata): FileField[] {
  return columns.flatMap((metadata) =>
    metadata.transformer instanceof BoundFileColumn
      ? [new FileField(metadata, metadata.transformer)]
      : [],
  );
}
