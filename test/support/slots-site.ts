import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import { DownloadModule, PathDownloadController } from 'nestjs-downloadview';
import {
  DatabaseSlots,
  downloadSlotEntities,
  downloadSlotMigrations,
} from 'nestjs-downloadview/typeorm';
import { DataSource } from 'typeorm';

import { type Adapter, type ApplicationParts } from './application.js';
import {
  type ApplicationProcess,
  startApplicationProcess,
} from './application-process.js';
import { type PostgresCluster } from './databases/postgres.js';

/** What the DataSource of a test needs besides the database. */
export const SLOT_TABLES = {
  entities: downloadSlotEntities,
  migrations: downloadSlotMigrations,
  logging: false,
} as const;

/** An application that lets every user have one file of a directory at once, wherever it is asked for. */
export function slotsParts(
  root: string,
  database: TypeOrmModuleOptions,
  lease?: number,
): ApplicationParts {
  return {
    downloadModule: DownloadModule.forRootAsync({
      inject: [DataSource],
      useFactory: (dataSource: DataSource) => ({
        concurrent: {
          max: 1,
          by: ({ headers }) => String(headers['x-user']),
          per: 'file',
          slots: new DatabaseSlots(dataSource, { lease }),
        },
      }),
    }),
    imports: [
      TypeOrmModule.forRoot({ ...database, ...SLOT_TABLES, retryAttempts: 0 }),
    ],
    controllers: [PathDownloadController.asController('files/*path', { root })],
  };
}

export interface SlotsProcessParts {
  readonly adapter: Adapter;
  readonly root: string;
  readonly connection: PostgresCluster['connection'];
  /** Seconds. */
  readonly lease?: number;
}

/** The same in a process of its own. */
export function startSlotsProcess(
  parts: SlotsProcessParts,
): Promise<ApplicationProcess> {
  return startApplicationProcess('slots-application.ts', [
    JSON.stringify(parts),
  ]);
}
