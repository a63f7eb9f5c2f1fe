import { type AddressInfo } from 'node:net';

import {
  type DynamicModule,
  type INestApplication,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  DownloadModule,
  type DownloadModuleOptions,
} from 'nestjs-downloadview';

/** The table that every end-to-end suite runs on. */
export const ADAPTERS = [['express'], ['fastify']] as const;
export type Adapter = (typeof ADAPTERS)[number][0];

export interface RunningApplication {
  readonly app: INestApplication;
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface ApplicationParts extends ModuleMetadata {
  readonly options?: DownloadModuleOptions;
  /** In place of DownloadModule.forRoot(options). */
  readonly downloadModule?: DynamicModule | Type;
  readonly configure?: (app: INestApplication) => unknown;
}

/** An application on a real socket of a free port. */
export async function startApplication(
  adapter: Adapter | AbstractHttpAdapter,
  { configure, ...parts }: ApplicationParts,
): Promise<RunningApplication> {
  const app = await createApplication(adapter, parts);
  await configure?.(app);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return {
    app,
    port,
    origin: `http://127.0.0.1:${port}`,
    close: () => app.close(),
  };
}

export function createApplication(
  adapter: Adapter | AbstractHttpAdapter,
  { options, downloadModule, imports = [], ...metadata }: ApplicationParts,
): Promise<INestApplication> {
  class RootModule {}
  const root: DynamicModule = {
    module: RootModule,
    imports: [
      downloadModule ?? DownloadModule.forRoot(options ?? {}),
      ...imports,
    ],
    ...metadata,
  };
  return NestFactory.create(root, adapterOf(adapter), {
    logger: false,
    abortOnError: false,
    forceCloseConnections: true,
  });
}

function adapterOf(
  adapter: Adapter | AbstractHttpAdapter,
): AbstractHttpAdapter {
  if (adapter === 'express') return new ExpressAdapter();
  return adapter === 'fastify' ? new FastifyAdapter() : adapter;
}
