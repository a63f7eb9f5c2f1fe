import { type EntityMetadata, type ObjectLiteral } from 'typeorm';

import { type DownloadStorage } from '../storages/download-storage.js';
import { type CheckedFileColumn, BoundFileColumn } from './file-column.js';
import { NewFile } from './new-file.js';
import { withoutSlash } from './new-file-place.js';

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

  /** The directory of new files, where it is the same for all entities. */
  get fixedDirectory(): string | undefined {
    const { directory } = this.column;
    return typeof directory === 'string' ? withoutSlash(directory) : undefined;
  }

  valueOf(entity: ObjectLiteral): unknown {
    return this.metadata.getEntityValue(entity);
  }

  /** The file that is to be stored for an entity, or has been by NewFile.store(). */
  newFileOf(entity: ObjectLiteral): NewFile | undefined {
    const value = this.valueOf(entity);
    if (!(value instanceof NewFile)) return undefined;
    // In another storage it is refused by the column.
    const isStorable = !value.isStored || value.storage === this.storage;
    return isStorable ? value : undefined;
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
