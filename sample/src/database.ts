import { join } from 'node:path';

import { type TypeOrmModuleOptions } from '@nestjs/typeorm';

import { dataDirectory } from './directories.js';
import { Document } from './documents/document.entity.js';

/** PostgreSQL when DATABASE_URL names one, else a file that needs no server. */
export function database(url = process.env.DATABASE_URL): TypeOrmModuleOptions {
  const common = { entities: [Document], synchronize: true };
  return url
    ? { type: 'postgres', url, ...common }
    : {
        type: 'sqljs',
        location: join(dataDirectory, 'documents.sqlite'),
        autoSave: true,
        ...common,
      };
}
