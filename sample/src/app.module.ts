import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DownloadModule } from 'nestjs-downloadview';
import {
  FileColumnsModule,
  LimitedLinksModule,
} from 'nestjs-downloadview/typeorm';

import { ActivityModule } from './activity/activity.module.js';
import { backend } from './backend.js';
import { BreakItModule } from './break-it/break-it.module.js';
import { database } from './database.js';
import { DocumentsModule } from './documents/documents.module.js';
import { DownloadsModule } from './downloads/downloads.module.js';
import { HealthModule } from './health/health.module.js';
import { SeedModule } from './seed/seed.module.js';
import { SharingModule } from './sharing/sharing.module.js';
import { signingSecret } from './signing-secret.js';
import { storages } from './storages.js';
import { ErrorPageFilter } from './web/error-page.filter.js';

@Module({
  imports: [
    DownloadModule.forRootAsync({
      useFactory: async () => ({
        backend: backend(),
        storages: storages(),
        // What the server in front logs, where it does.
        completions: process.env.DOWNLOAD_LOG
          ? { file: process.env.DOWNLOAD_LOG }
          : undefined,
        // Each answer says in a header who sends it, and why.
        explain: true,
        signing: { secrets: [await signingSecret()] },
      }),
    }),
    TypeOrmModule.forRoot(database()),
    FileColumnsModule.forRoot(),
    LimitedLinksModule.forRoot(),
    ActivityModule,
    DocumentsModule,
    DownloadsModule,
    SharingModule,
    BreakItModule,
    HealthModule,
    SeedModule,
  ],
  providers: [{ provide: APP_FILTER, useClass: ErrorPageFilter }],
})
export class AppModule {}
