import {
  type DynamicModule,
  type InjectionToken,
  Module,
  type ModuleMetadata,
} from '@nestjs/common';
import { DataSource } from 'typeorm';

import {
  CHECKED_ELSEWHERE,
  checkOptions,
  type OptionChecks,
} from '../errors/check-options.js';
import { InvalidOptionsError, kindOf } from '../errors/download-errors.js';
import { type StorageFile } from '../files/storage-file.js';
import { DownloadStorage } from '../storages/download-storage.js';
import { DownloadStorages } from '../storages/download-storages.js';
import {
  type CheckedFileColumn,
  BoundFileColumn,
  UnboundFileColumn,
} from './file-column.js';
import { FileColumnSubscriber } from './file-column.subscriber.js';
import { fileFieldsOf } from './file-fields.js';
import { knowPlaces } from './new-file-place.js';
import { NewFileStorer, storeBeforeSaving } from './new-file-storer.js';
import { PendingFiles } from './pending-files.js';

/**
 * Gives the file columns of a DataSource their storages, as `FileColumnsModule` does; for programs without
 * Nest. Once after each `initialize()`.
 *
 * ```ts
 * await dataSource.initialize();
 * bindFileColumns(dataSource, new DownloadStorages({ default: new FileSystemStorage({ root: '/srv/media' }) }));
 * ```
 *
 * @throws InvalidOptionsError where the DataSource is not initialised, has other storages already, or names a
 *   storage that there is not
 * @publicApi
 */
export function bindFileColumns(
  dataSource: DataSource,
  storages: DownloadStorages,
): void {
  if (!dataSource.isInitialized) {
    throw new InvalidOptionsError(
      'bindFileColumns().dataSource',
      'one that is not initialised',
      'Initialise it first. With manualInitialization, call bindFileColumns(dataSource, storages) yourself, after initialize().',
    );
  }
  if (isBound(dataSource, storages)) return;
  // Kept at the DataSource, not at the class of the entity: applications of one process share that one.
  const undone = new WeakSet<StorageFile>();
  for (const { columns } of dataSource.entityMetadatas) {
    for (const metadata of columns) {
      const { transformer } = metadata;
      if (!(transformer instanceof UnboundFileColumn)) continue;
      const storage = storageOf(transformer.column, storages);
      metadata.transformer = new BoundFileColumn(
        transformer.column,
        storage,
        undone,
      );
    }
  }
  const pending = new PendingFiles();
  const storer = new NewFileStorer(dataSource, undone);
  dataSource.subscribers.unshift(pending);
  dataSource.subscribers.push(
    new FileColumnSubscriber(
      dataSource.entityMetadatas,
      storages,
      undone,
      pending,
      storer,
    ),
  );
  storeBeforeSaving(dataSource, storer);
  knowPlaces(
    dataSource,
    dataSource.entityMetadatas.flatMap(fileFieldsOf).map((field) => ({
      storage: field.storage,
      directory: field.fixedDirectory,
    })),
  );
}

/** Whose files would be found, were there two? */
function isBound(dataSource: DataSource, storages: DownloadStorages): boolean {
  const bound = dataSource.subscribers.find(
    (subscriber) => subscriber instanceof FileColumnSubscriber,
  );
  if (!bound || bound.storages === storages) return bound !== undefined;
  throw new InvalidOptionsError(
    'bindFileColumns().dataSource',
    'one with storages of another application',
    'Give each application a DataSource of its own.',
  );
}

function storageOf(
  { column, storage }: CheckedFileColumn,
  storages: DownloadStorages,
): DownloadStorage {
  if (storage instanceof DownloadStorage) return storage;
  try {
    return storages.get(storage);
  } catch (error) {
    if (!(error instanceof InvalidOptionsError)) throw error;
    throw new InvalidOptionsError(
      `FileColumn(${column}).storage`,
      storage,
      error.accepted,
    );
  }
}

const FILE_COLUMNS = Symbol('FILE_COLUMNS');

/**
 * Options of FileColumnsModule.
 *
 * @publicApi
 */
export interface FileColumnsModuleOptions {
  /**
   * What the DataSource is injected by: `getDataSourceToken('archive')` of `@nestjs/typeorm`; the default
   * DataSource by default.
   */
  readonly dataSource?: InjectionToken;
  /** Modules that export the DataSource or DownloadStorages, where these are not global; none by default. */
  readonly imports?: ModuleMetadata['imports'];
}

const MODULE_CHECKS: OptionChecks<FileColumnsModuleOptions> = {
  dataSource: CHECKED_ELSEWHERE,
  imports: [Array.isArray, 'Give a list of modules.'],
};

/**
 * Gives entities with `@FileColumn()` the storages of `DownloadModule`, once for each DataSource.
 *
 * ```ts
 * @Module({
 *   imports: [
 *     DownloadModule.forRoot({ storages: { default: new FileSystemStorage({ root: '/srv/media' }) } }),
 *     TypeOrmModule.forRoot({ ... }),
 *     FileColumnsModule.forRoot(),
 *   ],
 * })
 * class AppModule {}
 * ```
 *
 * @publicApi
 */
@Module({})
export class FileColumnsModule {
  /** @throws InvalidOptionsError for an option that there is not */
  static forRoot(options: FileColumnsModuleOptions = {}): DynamicModule {
    checkOptions('FileColumnsModule', options, MODULE_CHECKS, {
      example: "{ dataSource: getDataSourceToken('archive') }",
      shown: kindOf,
    });
    const { dataSource = DataSource, imports = [] } = options;
    return {
      module: FileColumnsModule,
      imports,
      providers: [
        {
          provide: FILE_COLUMNS,
          useFactory: (source: DataSource, storages: DownloadStorages) => {
            bindFileColumns(source, storages);
            return true;
          },
          inject: [dataSource, DownloadStorages],
        },
      ],
    };
  }
}
