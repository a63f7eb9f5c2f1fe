import {
  type DataSource,
  type EntityManager,
  type EntityMetadata,
  EntitySchema,
  type ObjectLiteral,
} from 'typeorm';

import { type StorageFile } from '../files/storage-file.js';
import { fileFieldsOf } from './file-fields.js';
import { StoringFile } from './storing-file.js';

/**
 * Stores the new files of what is saved before TypeORM begins the transaction: a client that sends slowly would
 * hold a connection, and on SQLite, where there is one, everybody else would be in that transaction.
 *
 * A subscriber cannot do it: the first that it hears of an entity is in the transaction.
 *
 * @internal
 */
export class NewFileStorer {
  /** Stored for these, by whom TypeORM has not been told yet. */
  readonly #stored = new WeakMap<ObjectLiteral, StoringFile[]>();
  readonly #withFiles: ReadonlySet<EntityMetadata>;

  constructor(
    private readonly dataSource: DataSource,
    private readonly undone: WeakSet<StorageFile>,
  ) {
    this.#withFiles = metadatasWithFiles(dataSource.entityMetadatas);
  }

  /** The files that were stored for an entity: once, for who follows its transaction. */
  take(entity: ObjectLiteral): readonly StoringFile[] {
    const files = this.#stored.get(entity) ?? [];
    this.#stored.delete(entity);
    return files;
  }

  /** Calls `save` once the new files are stored; removes them again where it fails or did not write their rows. */
  async saveWith<T>(
    entities: readonly unknown[],
    target: Target | undefined,
    save: () => Promise<T>,
  ): Promise<T> {
    // What a lazy relation was given is there one turn later; TypeORM waits for it, too.
    await Promise.resolve();
    const files = this.#filesOf(entities, target);
    try {
      await Promise.all(files.map((file) => file.store()));
      for (const file of files) this.#expect(file);
      const saved = await save();
      const unwritten = files.filter((file) => !file.isJoined);
      await Promise.all(unwritten.map((file) => file.undo()));
      return saved;
    } catch (error) {
      await Promise.all(files.map((file) => file.giveUp()));
      throw error;
    } finally {
      for (const { owner } of files) this.#stored.delete(owner);
    }
  }

  /** Whether entities of this kind can have files, or others that are saved with them. */
  concerns(entities: readonly unknown[], target: Target | undefined): boolean {
    return entities.some((entity) => {
      const metadata = this.#metadataOf(entity, target);
      return metadata !== undefined && this.#withFiles.has(metadata);
    });
  }

  #expect(file: StoringFile): void {
    const files = this.#stored.get(file.owner);
    if (files) files.push(file);
    else this.#stored.set(file.owner, [file]);
  }

  #filesOf(
    entities: readonly unknown[],
    target: Target | undefined,
  ): StoringFile[] {
    const found = new Map<ObjectLiteral, StoringFile[]>();
    const collect = (entity: unknown, metadata: EntityMetadata): void => {
      if (!isObject(entity) || found.has(entity)) return;
      const files = fileFieldsOf(metadata).flatMap((field) => {
        const file = field.newFileOf(entity);
        return file ? [new StoringFile(field, entity, file, this.undone)] : [];
      });
      found.set(entity, files);
      const relations = metadata.relations.filter(
        (relation) => relation.isCascadeInsert || relation.isCascadeUpdate,
      );
      for (const [
        ,
        related,
        relatedMetadata,
      ] of metadata.extractRelationValuesFromEntity(entity, relations)) {
        collect(related, relatedMetadata);
      }
    };
    for (const entity of entities) {
      const metadata = this.#metadataOf(entity, target);
      if (metadata) collect(entity, metadata);
    }
    return [...found.values()].flat();
  }

  /** None for what TypeORM refuses. */
  #metadataOf(
    entity: unknown,
    target: Target | undefined,
  ): EntityMetadata | undefined {
    if (!isObject(entity)) return undefined;
    const entityTarget = target ?? (entity.constructor as Target);
    return this.dataSource.hasMetadata(entityTarget)
      ? this.dataSource
          .getMetadata(entityTarget)
          .findInheritanceMetadata(entity)
      : undefined;
  }
}

type Target = Parameters<DataSource['getMetadata']>[0];

/** Managers whose `save()` stores files first, and who does it: another one after the DataSource was closed and opened. */
const storers = new WeakMap<DataSource, NewFileStorer>();

/**
 * Lets `save()` of the DataSource's own manager, which its repositories use, store new files first; and of those
 * that are made from now on: `new Repository(Document, dataSource.createEntityManager())`.
 *
 * @internal
 */
export function storeBeforeSaving(
  dataSource: DataSource,
  storer: NewFileStorer,
): void {
  const isKnown = storers.has(dataSource);
  storers.set(dataSource, storer);
  if (isKnown) return;
  wrapSave(dataSource.manager, dataSource);
  const createEntityManager = Reflect.get(dataSource, 'createEntityManager');
  dataSource.createEntityManager = new Proxy(createEntityManager, {
    apply(create, self, parameters: Parameters<typeof createEntityManager>) {
      const manager = Reflect.apply(create, self, parameters);
      // One of a query runner has its connection, and may be in a transaction.
      if (!manager.queryRunner) wrapSave(manager, dataSource);
      return manager;
    },
  });
}

function wrapSave(manager: EntityManager, dataSource: DataSource): void {
  const wrapped = new Proxy(Reflect.get(manager, 'save'), {
    apply(save, self, parameters: Parameters<EntityManager['save']>) {
      const saveAll = () => Reflect.apply(save, self, parameters);
      const storer = storers.get(dataSource);
      const { target, entities, listeners } = savedBy(parameters);
      return storer && listeners && storer.concerns(entities, target)
        ? storer.saveWith(entities, target, saveAll)
        : saveAll();
    },
  });
  manager.save = wrapped;
}

/** What `save(target?, entityOrEntities, options?)` is called with. */
function savedBy(parameters: readonly unknown[]): {
  readonly target: Target | undefined;
  readonly entities: readonly unknown[];
  readonly listeners: boolean;
} {
  const [first] = parameters;
  const hasTarget =
    parameters.length > 1 &&
    (typeof first === 'function' ||
      typeof first === 'string' ||
      first instanceof EntitySchema);
  const [entity, options] = hasTarget ? parameters.slice(1) : parameters;
  return {
    target: hasTarget ? first : undefined,
    entities: Array.isArray(entity) ? entity : [entity],
    listeners: !isObject(options) || options.listeners !== false,
  };
}

/** Those with file columns, and those that save others with file columns by a cascade. */
function metadatasWithFiles(
  metadatas: readonly EntityMetadata[],
): Set<EntityMetadata> {
  const found = new Set(
    metadatas.filter((metadata) => fileFieldsOf(metadata).length > 0),
  );
  const leadsToFiles = (metadata: EntityMetadata): boolean =>
    metadata.childEntityMetadatas.some((child) => found.has(child)) ||
    metadata.relations.some(
      (relation) =>
        (relation.isCascadeInsert || relation.isCascadeUpdate) &&
        found.has(relation.inverseEntityMetadata),
    );
  for (let size = -1; size < found.size;) {
    size = found.size;
    metadatas.filter(leadsToFiles).forEach((metadata) => found.add(metadata));
  }
  return found;
}

function isObject(value: unknown): value is ObjectLiteral {
  return typeof value === 'object' && value !== null;
}
