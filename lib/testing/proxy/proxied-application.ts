import { once } from 'node:events';
import { access, constants, realpath, stat } from 'node:fs/promises';
import { Server, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';

import { type INestApplication } from '@nestjs/common';

import {
  directoryOf,
  wholeLocation,
  type LocationRule,
  type PathRule,
} from '../../backends/rules.js';
import { InvalidOptionsError } from '../../errors/download-errors.js';
import {
  ifRangeHolds,
  evaluatePreconditions,
  modifiedSince,
  type Validators,
} from '../../http/preconditions.js';
import { type ByteRange, rangesOf } from '../../http/range.js';
import { isNoSuchFile } from '../../storages/local-disk.js';
import { type ServedFile } from './fake-server.js';

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

/**
 * What a server is told of a rule, and where the files of the rule are on this machine.
 *
 * @internal
 */
export interface ServedPlace {
  /** An internal location or a directory, with a slash at its end. */
  readonly told: string;
  readonly directory: string;
  /** Whether the server looks at Range there. */
  readonly hasRanges: boolean;
}

/**
 * The places of these rules. A directory as the server sees it may not exist on this machine: then it is the
 * one that the application sees.
 *
 * @internal
 */
export async function servedPlaces(
  rules: readonly (PathRule | LocationRule)[],
): Promise<ServedPlace[]> {
  const places = await Promise.all(
    rules.map(async (rule): Promise<ServedPlace[]> => {
      const directory = await directoryHere(rule);
      if (!('destination' in rule)) {
        return [{ told: directoryOf(rule), directory, hasRanges: true }];
      }
      const { destination } = rule;
      return [
        { told: destination, directory, hasRanges: true },
        { told: wholeLocation(destination), directory, hasRanges: false },
      ];
    }),
  );
  return places.flat();
}

/**
 * The file of a path that the server was told.
 *
 * @param path has no `..` any more
 * @param followsLinks whether it may be reached over symbolic links
 * @returns 404 where there is none, 403 where there is something that is not to be sent
 * @internal
 */
export async function servedFile(
  places: readonly ServedPlace[],
  path: string,
  followsLinks: boolean,
): Promise<ServedFile | 403 | 404> {
  const place = places.find(({ told }) => path.startsWith(told));
  if (!place) return 403;
  try {
    const directory = await realpath(place.directory);
    const below = path.slice(place.told.length);
    const real = await realpath(`${directory}/${below}`);
    if (!followsLinks && real !== join(directory, below)) return 403;
    await access(real, constants.R_OK);
    const stats = await stat(real);
    if (!stats.isFile()) return 403;
    const { hasRanges } = place;
    return {
      path: real,
      size: stats.size,
      lastModified: stats.mtime,
      hasRanges,
    };
  } catch (error) {
    return isNoSuchFile(error) ? 404 : 403;
  }
}

async function directoryHere(rule: PathRule): Promise<string> {
  const directory = directoryOf(rule);
  if (!('sourceDir' in rule)) return directory;
  const exists = await access(directory).then(
    () => true,
    () => false,
  );
  return exists ? directory : rule.sourceDir;
}

const STATUS = {
  proceed: 200,
  'not-modified': 304,
  'precondition-failed': 412,
} as const;

/**
 * The status by which a server answers conditions that goes by RFC 9110 section 13.2.2.
 *
 * @internal
 */
export function toldStatus(
  headers: IncomingHttpHeaders,
  validators: Validators,
): 200 | 304 | 412 {
  const outcome = evaluatePreconditions(headers, validators);
  if (typeof outcome === 'string') return STATUS[outcome];
  const { lastModified } = validators;
  return modifiedSince(lastModified, outcome.ifModifiedSince) ? 200 : 304;
}

/**
 * The ranges that a server sends that goes by RFC 9110 section 14.2.
 *
 * @returns undefined for the whole file, no ranges for 416
 * @internal
 */
export function toldRanges(
  headers: IncomingHttpHeaders,
  validators: Validators,
  size: number,
): readonly ByteRange[] | undefined {
  if (!ifRangeHolds(headers['if-range']?.toString(), validators, new Date())) {
    return undefined;
  }
  const ranges = rangesOf(headers.range, size);
  if (ranges === 'ignore') return undefined;
  return ranges === 'unsatisfiable' ? [] : ranges;
}
