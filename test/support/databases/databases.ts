import { afterAll, beforeAll } from '@jest/globals';
import { type DynamicModule, type Type } from '@nestjs/common';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';

import { type Adapter } from '../application.js';
import { describeWith } from '../describe-with.js';
import { type PostgresCluster, startPostgres } from './postgres.js';
import { type ProgramName } from '../programs.js';

/** What a suite runs on. */
export interface Stage {
  readonly adapter: Adapter;
  readonly database: Database['name'];
  /** Modules for an application with these tables, which are empty. */
  readonly imports: (entities: Type[]) => DynamicModule[];
}

interface Database {
  readonly name: 'sql.js' | 'PostgreSQL';
  readonly programs: readonly ProgramName[];
  /** Of the application that stands before it: a request knows nothing of the database, nor the other way round. */
  readonly adapter: Adapter;
  open(): Promise<TypeOrmModuleOptions>;
  close(): Promise<void>;
}

/** The table that every suite about entities runs on: each database and each adapter once. */
export function describeOnDatabases(
  subject: string,
  suite: (stage: Stage) => void,
): void {
  for (const database of [sqlJs(), postgres()]) {
    const { name, adapter, programs } = database;
    describeWith(programs, `${subject}, in ${name} on ${adapter}`, () => {
      let options: TypeOrmModuleOptions;
      beforeAll(async () => {
        options = await database.open();
      }, 60_000);
      afterAll(() => database.close());

      suite({
        adapter,
        database: name,
        imports: (entities) => modules(options, entities),
      });
    });
  }
}

function modules(
  options: TypeOrmModuleOptions,
  entities: Type[],
): DynamicModule[] {
  return [
    TypeOrmModule.forRoot({
      ...options,
      entities,
      synchronize: true,
      dropSchema: true,
      logging: false,
      retryAttempts: 0,
    }),
    TypeOrmModule.forFeature(entities),
  ];
}

/** In memory: every application has one of its own. */
function sqlJs(): Database {
  return {
    name: 'sql.js',
    programs: [],
    adapter: 'express',
    open: () => Promise.resolve({ type: 'sqljs' }),
    close: () => Promise.resolve(),
  };
}

function postgres(): Database {
  let cluster: PostgresCluster | undefined;
  return {
    name: 'PostgreSQL',
    programs: ['initdb'],
    adapter: 'fastify',
    async open() {
      cluster = await startPostgres();
      return { type: 'postgres', ...cluster.connection };
    },
    async close() {
      await cluster?.stop();
    },
  };
}
