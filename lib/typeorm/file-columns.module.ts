import {
  type DynamicModule,
  type InjectionToken,
  Module,
  type ModuleMetadata,
} from '@nestjs/common';
import { DataSource } from 'typeorm';

import { DownloadStorages } from '../storages/download-storages.js';
import { bindFileColumns } from './bind-file-columns.js';

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
  static forRoot({
    dataSource = DataSource,
    imports = [],
  }: FileColumnsModuleOptions = {}): DynamicModule {
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
