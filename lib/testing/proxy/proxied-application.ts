import { once } from 'node:events';
import { Server } from 'node:http';

import { type INestApplication } from '@nestjs/common';

import { InvalidOptionsError } from '../../errors/download-errors.js';

/**
 * An application that a fake proxy stands before: a Nest application, its HTTP server, or where it listens.
 *
 * @publicApi
 */
export type ProxiedApplication =
  | Pick<INestApplication, 'init' | 'getHttpAdapter' | 'getHttpServer'>
  | Server
  | URL
  | string;

/**
 * Where an application is reached.
 *
 * @internal
 */
export interface ReachedApplication {
  readonly host: string;
  readonly port: number;
  /** Takes back what was done to reach it. */
  close(): Promise<void>;
}

/**
 * Has the application listen, where it does not yet.
 *
 * @throws InvalidOptionsError for what is no application, and for one that speaks no HTTP/1.1 over TCP
 * @internal
 */
export async function reach(
  application: ProxiedApplication,
): Promise<ReachedApplication> {
  if (typeof application === 'string' || application instanceof URL) {
    return reachedBy(application);
  }
  const server = await serverOf(application);
  const isOurs = !server.listening;
  if (isOurs) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  const address = server.address();
  if (typeof address !== 'object' || address === null) {
    throw unreachable(address);
  }
  return {
    host: address.address.replace(/^0\.0\.0\.0$|^::$/, 'localhost'),
    port: address.port,
    async close() {
      if (!isOurs || !server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function reachedBy(address: string | URL): ReachedApplication {
  const url = URL.canParse(String(address)) ? new URL(address) : undefined;
  if (url?.protocol !== 'http:') throw unreachable(String(address));
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 80),
    close: () => Promise.resolve(),
  };
}

async function serverOf(
  application: Exclude<ProxiedApplication, string | URL>,
): Promise<Server> {
  if (application instanceof Server) return application;
  if (typeof application?.init !== 'function') throw unreachable(application);
  await application.init();
  const instance: unknown = application.getHttpAdapter().getInstance();
  if (hasReady(instance)) await instance.ready();
  const server: unknown = application.getHttpServer();
  if (server instanceof Server) return server;
  throw unreachable(server);
}

/** Fastify, which takes requests only when it is ready; `app.listen()` would have waited for it. */
function hasReady(
  instance: unknown,
): instance is { ready(): PromiseLike<unknown> } {
  return (
    typeof instance === 'object' &&
    instance !== null &&
    'ready' in instance &&
    typeof instance.ready === 'function'
  );
}

function unreachable(given: unknown): InvalidOptionsError {
  return new InvalidOptionsError(
    'fakeProxy.application',
    given,
    "Give a Nest application, its HTTP server, or its URL: 'http://127.0.0.1:3000'.",
  );
}
