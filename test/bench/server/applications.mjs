import { NestFactory } from '@nestjs/core';
import fastifyStatic from '@fastify/static';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import express from 'express';
import { DownloadModule, nginx, stream } from 'nestjs-downloadview';
import { expressPeers, ours } from './controllers.mjs';

/** Applications by kind, with the backend that each has. */
export const APPLICATIONS = {
  async express(directory) {
    const app = await create(new ExpressAdapter(), {
      controllers: [ours(directory), expressPeers(directory)],
    });
    app.use('/static', express.static(directory));
    return { app };
  },
  async fastify(directory) {
    const adapter = new FastifyAdapter();
    const root = directory;
    adapter.getInstance().register(fastifyStatic, { root, prefix: '/static/' });
    return { app: await create(adapter, { controllers: [ours(directory)] }) };
  },
  async offloading(directory) {
    const rule = { sourceDir: `${directory}/`, destination: '/_offload/' };
    const backend = nginx({ rules: [rule] });
    const controllers = [ours(directory)];
    const app = await create(new ExpressAdapter(), { controllers, backend });
    return { app, backend };
  },
  async archives(directory) {
    // Here alone, as the next ones.
    const { archives } = await import('./archives.mjs');
    const controllers = [archives(directory)];
    return { app: await create(new ExpressAdapter(), { controllers }) };
  },
  async rows(directory, { connection }) {
    // Here alone: the other servers are to be no larger for it.
    const { rowsController } = await import('./csv-application.mjs');
    const controllers = [await rowsController(connection)];
    return { app: await create(new ExpressAdapter(), { controllers }) };
  },
};

function create(adapter, { controllers, backend = stream() }) {
  class BenchModule {}
  const imports = [DownloadModule.forRoot({ backend })];
  return NestFactory.create(
    { module: BenchModule, imports, controllers },
    adapter,
    { logger: ['error', 'warn'] },
  );
}
