import { utimes } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  MemoryStorage,
  PathDownloadController,
  StorageDownloadController,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { LAST_MODIFIED, MODIFIED } from '../support/files/file-kinds.js';
import { type HttpAnswer } from '../support/clients/http-client.js';
import { KeptConnection } from '../support/clients/kept-connection.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { parseMultipart } from '../unit/http/parse-multipart.js';

const REQUESTS = 500;
const SOCKETS = 4;

/** Around the sizes where the way of a file to the socket changes: a piece, several chunks. */
const SIZES = {
  'empty.bin': 0,
  'byte.bin': 1,
  'small.bin': 1500,
  'chunk.bin': 64 * 1024 + 1,
  'large.bin': 300 * 1024,
} as const;
type Name = keyof typeof SIZES;

/** As the client means it; both ends may lie beyond the file. */
type Asked = { first: number; last?: number } | { suffix: number };

interface Request {
  readonly name: Name;
  readonly route: 'files' | 'memory';
  readonly method: 'GET' | 'HEAD';
  readonly asked: readonly Asked[];
  readonly ifRange: 'none' | 'tag' | 'date' | 'weak' | 'other';
  readonly socket: number;
}

const position = (size: number) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.nat(Math.max(size - 1, 0)) },
    { weight: 1, arbitrary: fc.nat(size + 10) },
    { weight: 1, arbitrary: fc.constantFrom(0, size - 1, size, size + 1) },
  );

const askedOf = (size: number): fc.Arbitrary<Asked> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(position(size), position(size)).map(([a, b]) => ({
        first: Math.max(Math.min(a, b), 0),
        last: Math.max(a, b, 0),
      })),
    },
    {
      weight: 1,
      arbitrary: position(size).map((first) => ({ first: Math.max(first, 0) })),
    },
    {
      weight: 1,
      arbitrary: position(size).map((suffix) => ({
        suffix: Math.max(suffix, 0),
      })),
    },
  );

const requests: fc.Arbitrary<Request> = fc
  .oneof(
    { weight: 1, arbitrary: fc.constant<Name>('empty.bin') },
    { weight: 2, arbitrary: fc.constant<Name>('byte.bin') },
    { weight: 12, arbitrary: fc.constant<Name>('small.bin') },
    { weight: 4, arbitrary: fc.constant<Name>('chunk.bin') },
    { weight: 1, arbitrary: fc.constant<Name>('large.bin') },
  )
  .chain((name) =>
    fc.record({
      name: fc.constant(name),
      route: fc.constantFrom('files', 'memory'),
      method: fc.oneof(
        { weight: 5, arbitrary: fc.constant('GET') },
        { weight: 1, arbitrary: fc.constant('HEAD') },
      ),
      asked: fc.oneof(
        { weight: 1, arbitrary: fc.constant([]) },
        {
          weight: 3,
          arbitrary: fc.array(askedOf(SIZES[name]), {
            minLength: 1,
            maxLength: 1,
          }),
        },
        {
          weight: 2,
          arbitrary: fc.array(askedOf(SIZES[name]), {
            minLength: 2,
            maxLength: 10,
          }),
        },
      ),
      ifRange: fc.oneof(
        { weight: 5, arbitrary: fc.constant('none') },
        {
          weight: 3,
          arbitrary: fc.constantFrom('tag', 'date', 'weak', 'other'),
        },
      ),
      socket: fc.nat(SOCKETS - 1),
    }),
  );

/**
 * The bytes that must come, found without merging or sorting: every byte that was asked for is marked.
 * Undefined for the whole file, none where nothing can be met.
 */
function expectedRuns(
  { asked, ifRange, method, route }: Request,
  size: number,
): [start: number, end: number][] | undefined {
  const obeyed =
    ifRange === 'none' ||
    ifRange === 'tag' ||
    (ifRange === 'date' && route === 'files');
  const isTooMany = asked.length > (route === 'files' ? 50 : 8);
  if (method === 'HEAD' || asked.length === 0 || size === 0) return undefined;
  if (!obeyed || isTooMany) return undefined;
  const marked = new Uint8Array(size + 1);
  for (const range of asked) {
    if ('suffix' in range)
      marked.fill(1, Math.max(size - range.suffix, 0), size);
    else
      marked.fill(
        1,
        Math.min(range.first, size),
        Math.min((range.last ?? size) + 1, size),
      );
  }
  const runs: [number, number][] = [];
  for (let at = marked.indexOf(1); at !== -1;) {
    const after = marked.indexOf(0, at);
    runs.push([at, after - 1]);
    at = marked.indexOf(1, after);
  }
  return runs;
}

const rangeHeader = (asked: readonly Asked[]): string =>
  'bytes=' +
  asked
    .map((range) =>
      'suffix' in range
        ? `-${range.suffix}`
        : `${range.first}-${range.last ?? ''}`,
    )
    .join(', ');

describe.each(ADAPTERS)('Any mixture of requests on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let running: RunningApplication;
  const contents = new Map<Name, Buffer>();
  const tags = new Map<string, string>();

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const root = directory.path;
    const memory = new MemoryStorage();
    for (const [name, size] of Object.entries(SIZES) as [Name, number][]) {
      // No window of it looks like another: the position is in the bytes.
      const content = Buffer.alloc(size);
      for (let at = 0; at + 4 <= size; at += 4) content.writeUInt32BE(at, at);
      contents.set(name, content);
      const path = await directory.write(name, content);
      await utimes(path, MODIFIED, MODIFIED);
      await memory.save(name, content);
    }
    running = await startApplication(adapter, {
      controllers: [
        PathDownloadController.asController('files/*path', { root }),
        StorageDownloadController.asController('memory/*path'),
      ],
      options: { storages: { default: memory } },
    });
    const connection = new KeptConnection(running.port);
    for (const path of [...contents.keys()].flatMap((name) => [
      `/files/${name}`,
      `/memory/${name}`,
    ])) {
      const { headers } = await connection.send(path, { method: 'HEAD' });
      tags.set(path, headers.etag ?? '');
    }
    connection.close();
  });

  afterAll(async () => {
    await running.close();
    await directory.remove();
  });

  function check(request: Request, { status, headers, body }: HttpAnswer) {
    const { name, route, method } = request;
    const content = contents.get(name) ?? Buffer.alloc(0);
    const size = content.length;
    const runs = expectedRuns(request, size);
    const is = (what: boolean): void => {
      if (!what) throw new Error(`${status} ${JSON.stringify(headers)}`);
    };
    if (runs?.length !== 0) is(headers.etag === tags.get(`/${route}/${name}`));
    if (!runs) {
      is(status === 200 && headers['content-length'] === String(size));
      is(headers['content-range'] === undefined);
      is(body.equals(method === 'HEAD' ? Buffer.alloc(0) : content));
      return;
    }
    if (runs.length === 0) {
      is(status === 416 && headers['content-range'] === `bytes */${size}`);
      return;
    }
    is(status === 206 && headers['content-length'] === String(body.length));
    const [run, second] = runs;
    if (run && !second) {
      is(headers['content-range'] === `bytes ${run[0]}-${run[1]}/${size}`);
      is(body.equals(content.subarray(run[0], run[1] + 1)));
      return;
    }
    const parts = parseMultipart(headers['content-type'] ?? '', body);
    const byRange = new Map(
      parts.map((part) => [part.headers['content-range'], part.body]),
    );
    is(parts.length === runs.length);
    for (const [start, end] of runs) {
      const part = byRange.get(`bytes ${start}-${end}/${size}`);
      is(part?.equals(content.subarray(start, end + 1)) === true);
    }
  }

  it(`gets exactly the bytes that it asked for, ${REQUESTS} times on ${SOCKETS} connections`, async () => {
    const sockets = Array.from(
      { length: SOCKETS },
      () => new KeptConnection(running.port),
    );
    const send = async (request: Request): Promise<void> => {
      const path = `/${request.route}/${request.name}`;
      const etag = tags.get(path) ?? '';
      const ifRange = {
        none: undefined,
        tag: etag,
        date: LAST_MODIFIED,
        weak: `W/${etag}`,
        other: '"other"',
      }[request.ifRange];
      const answer = await sockets[request.socket]?.send(path, {
        method: request.method,
        headers: {
          ...(request.asked.length > 0 && {
            Range: rangeHeader(request.asked),
          }),
          ...(ifRange !== undefined && { 'If-Range': ifRange }),
        },
      });
      if (answer) check(request, answer);
    };
    // Those of one run are sent together, so that the connections are busy at the same time.
    await fc.assert(
      fc.asyncProperty(
        fc.array(requests, { minLength: 25, maxLength: 25 }),
        (some) => Promise.all(some.map(send)).then(() => undefined),
      ),
      { numRuns: REQUESTS / 25 },
    );
    expect(sockets.map(({ connections }) => connections)).toEqual(
      Array(SOCKETS).fill(1),
    );
    for (const socket of sockets) socket.close();
  }, 60_000);
});
