import { resolve } from 'node:path';

import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  DownloadModule,
  type DownloadRequest,
  PathDownloadController,
} from 'nestjs-downloadview';
import {
  DatabaseSlots,
  downloadSlotEntities,
  downloadSlotMigrations,
} from 'nestjs-downloadview/typeorm';
import { DataSource } from 'typeorm';

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'sqljs', // or any other database
      entities: downloadSlotEntities, // [Document, ...downloadSlotEntities]
      migrations: downloadSlotMigrations,
      migrationsRun: true,
    }),
    DownloadModule.forRootAsync({
      inject: [DataSource],
      useFactory: (dataSource: DataSource) => ({
        concurrent: {
          max: 3, // the fourth is 429
          by: (request: DownloadRequest) => request.ip ?? '', // the user, the tenant ...
          per: 'file' as const, // the parts of one file count once
          slots: new DatabaseSlots(dataSource), // in all processes; without it, in each
        },
      }),
    }),
  ],
  controllers: [
    PathDownloadController.asController('manuals/*path', {
      root: resolve('manuals'),
    }),
  ],
})
export class LimitedModule {}
