import { join } from 'node:path';

import { type TypeOrmModuleOptions } from '@nestjs/typeorm';
import { limitedLinkEntities } from 'nestjs-downloadview/typeorm';

import { databaseFile } from './database-file.js';
import { dataDirectory } from './directories.js';
import { Document } from './documents/document.entity.js';
import { LinkMessage } from './sharing/link-message.entity.js';

/** PostgreSQL when DATABASE_URL names one, else a file that needs no server. */
export function database(url = process.env.DATABASE_URL): TypeOrmModuleOptions {
  const common = {
    entities: [Document, LinkMessage, ...limitedLinkEntities],
    // Makes the tables. An application that is to be updated has migrations in its place.
    synchronize: true,
  };
  const location = join(dataDirectory, 'library.sqlite');
  return url
    ? { type: 'postgres', url, ...common }
    : {
        type: 'sqljs',
        location,
        autoSave: true,
        autoSaveCallback: databaseFile(location),
        ...common,
      };
}
