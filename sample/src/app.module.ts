import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DownloadModule, FileSystemStorage } from 'nestjs-downloadview';

import { backend } from './backend.js';
import { database } from './database.js';
import { directories } from './directories.js';
import { DocumentsModule } from './documents/documents.module.js';
import { DownloadsModule } from './downloads/downloads.module.js';
import { HealthModule } from './health/health.module.js';
import { SeedModule } from './seed/seed.module.js';

@Module({
  imports: [
    DownloadModule.forRootAsync({
      useFactory: () => ({
        backend: backend(),
        storages: {
          default: new FileSystemStorage({ root: directories.media }),
          public: new FileSystemStorage({ root: directories.public }),
        },
      }),
    }),
    TypeOrmModule.forRoot(database()),
    DocumentsModule,
    DownloadsModule,
    HealthModule,
    SeedModule,
  ],
})
export class AppModule {}
