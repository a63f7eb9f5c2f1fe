import { NestFactory } from '@nestjs/core';
import fastifyStatic from '@fastify/static';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import express from 'express';
import {
  DownloadEvents,
  DownloadModule,
  nginx,
  stream,
} from 'nestjs-downloadview';
import { hello, ours, resDownload, streamable } from './controllers.mjs';

const ADAPTERS = { express: ExpressAdapter, fastify: FastifyAdapter };

/** Applications of one process, by kind and name: what is compared stands side by side. */
export const APPLICATIONS = {
  async express({ directory }) {
    const app = await create('express', {
      controllers: [
        ...ours(directory),
        streamable(directory),
        resDownload(directory),
      ],
    });
    app.use('/static', express.static(directory));
    return { app };
  },
  async fastify({ directory }) {
    const controllers = [...ours(directory), streamable(directory)];
    const app = await create('fastify', { controllers });
    const root = directory;
    app.register(fastifyStatic, { root, prefix: '/static/' });
    return { app };
  },
  async offloading({ directory, adapter }) {
    const rule = { sourceDir: `${directory}/`, destination: '/_offload/' };
    const backend = nginx({ rules: [rule] });
    return {
      app: await create(adapter, { controllers: ours(directory), backend }),
    };
  },
  async hello({ adapter }) {
    const controllers = [hello()];
    const without = await create(adapter, { controllers, imports: [] });
    const idle = await create(adapter, { controllers, imports: [] });
    idle.useGlobalInterceptors({ intercept: (_, next) => next.handle() });
    const app = await create(adapter, { controllers });
    const options = { backend: stream(), intercept: 'downloads' };
    const imports = [DownloadModule.forRoot(options)];
    const downloads = await create(adapter, { controllers, imports });
    return { without, idle, app, downloads };
  },
  async events({ directory, adapter }) {
    const app = await create(adapter, { controllers: ours(directory) });
    const heard = await create(adapter, { controllers: ours(directory) });
    heard.get(DownloadEvents, { strict: false }).subscribe(() => undefined);
    return { app, heard };
  },
  async archives({ directory }) {
    // Here alone, as the next ones.
    const { archives } = await import('./archives.mjs');
    return {
      app: await create('express', { controllers: [archives(directory)] }),
    };
  },
  async rows({ connection }) {
    // Here alone: the other servers are to be no larger for it.
    const { rowsController } = await import('./csv-application.mjs');
    const controllers = [await rowsController(connection)];
    return { app: await create('express', { controllers }) };
  },
};

function create(
  adapter,
  {
    controllers,
    backend = stream(),
    imports = [DownloadModule.forRoot({ backend })],
  },
) {
  class BenchModule {}
  return NestFactory.create(
    { module: BenchModule, imports, controllers },
    new ADAPTERS[adapter](),
    { logger: ['error', 'warn'] },
  );
}
