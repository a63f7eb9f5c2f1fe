import { appendFile } from 'node:fs/promises';
import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';

import {
  afterEach,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  type ConcurrentOptions,
  Download,
  DownloadEvents,
  type DownloadEvent,
  type DownloadModuleOptions,
  InvalidOptionsError,
  nginx,
  PathDownloadController,
} from 'nestjs-downloadview';

import {
  type Adapter,
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { eventually } from '../support/eventually.js';
import {
  httpRequest,
  type HttpAnswer,
} from '../support/clients/http-client.js';
import { descriptorsClosed } from '../support/files/open-descriptors.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

/** More than the buffers of a connection take from a server whose client reads nothing. */
const LARGE = 32 * 1024 * 1024;
const byUser = ({
  headers,
}: {
  headers: Record<string, string | string[] | undefined>;
}): string => String(headers['x-user'] ?? 'nobody');

describe.each(ADAPTERS)('concurrent on %s', (adapter: Adapter) => {
  let directory: TemporaryDirectory;
  let running: RunningApplication;
  const open: ClientRequest[] = [];

  beforeEach(async () => {
    directory = await temporaryDirectory();
    await directory.zeros('large.bin', LARGE);
    await directory.zeros('other.bin', LARGE);
    await directory.write('a.txt', '0123456789');
  });

  afterEach(async () => {
    for (const request of open.splice(0)) request.destroy();
    await running.close();
    await directory.remove();
  });

  async function start(
    concurrent: ConcurrentOptions | undefined,
    options: DownloadModuleOptions = {},
  ): Promise<void> {
    const root = directory.path;

    running = await startApplication(adapter, {
      options: { concurrent, ...options },
      controllers: [
        PathDownloadController.asController('files/*path', { root }),
        PathDownloadController.asController('own/*path', {
          root,
          concurrent: { max: 1, by: () => 'all' },
        }),
      ],
    });
  }

  /** A download whose client reads nothing: it goes on until it is destroyed. */
  function begin(
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; request: ClientRequest }> {
    return new Promise((resolve, reject) => {
      const request = get(
        `${running.origin}/${path}`,
        { headers, agent: false },
        (response: IncomingMessage) => {
          response.on('error', () => undefined);
          resolve({ status: response.statusCode ?? 0, request });
        },
      );
      request.on('error', reject);
      open.push(request);
    });
  }

  function ask(
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<HttpAnswer> {
    return httpRequest(running.origin, `/${path}`, { headers, method });
  }

  async function statusOf(path: string): Promise<number> {
    return (await ask(path)).status;
  }

  it('answers the third of two with 429, when to come again, and no-store', async () => {
    await start({ max: 2, by: byUser });
    const first = await begin('files/large.bin');
    const second = await begin('files/large.bin');

    const third = await ask('files/a.txt');

    expect([first.status, second.status, third.status]).toEqual([
      200, 200, 429,
    ]);
    expect(third.headers['retry-after']).toMatch(/^\d+$/);
    expect(third.headers['cache-control']).toBe('no-store');
    expect(third.headers['content-disposition']).toBeUndefined();
    expect(JSON.parse(third.text)).toEqual({
      statusCode: 429,
      message: 'Too Many Requests',
    });
  });

  it('counts each key by itself', async () => {
    await start({ max: 1, by: byUser });
    await begin('files/large.bin', { 'x-user': 'ada' });

    const hers = await ask('files/a.txt', { 'x-user': 'ada' });
    const his = await ask('files/a.txt', { 'x-user': 'bob' });

    expect([hers.status, his.status]).toEqual([429, 200]);
  });

  it('counts a controller with a limit of its own by itself', async () => {
    await start({ max: 2, by: byUser });
    await begin('own/large.bin');

    const own = await ask('own/a.txt');
    const others = await ask('files/a.txt');

    expect([own.status, others.status]).toEqual([429, 200]);
  });

  it('counts the ranges of one file once, per file', async () => {
    await start({ max: 1, by: byUser, per: 'file' });
    const half = LARGE / 2;
    const parts = [
      await begin('files/large.bin', { range: `bytes=0-${half}` }),
      await begin('files/large.bin', { range: `bytes=${half}-` }),
    ];

    const other = await ask('files/other.bin', { range: 'bytes=0-1' });
    parts[0]?.request.destroy();
    const stillOther = await ask('files/other.bin', { range: 'bytes=0-1' });

    expect(parts.map(({ status }) => status)).toEqual([206, 206]);
    expect([other.status, stillOther.status]).toEqual([429, 429]);
  });

  it('counts no HEAD, 304, 404 and 416', async () => {
    await start({ max: 1, by: byUser });
    await begin('files/large.bin');

    const statuses = [
      await ask('files/a.txt', {}, 'HEAD'),
      await ask('files/a.txt', { 'if-none-match': '*' }),
      await ask('files/none.txt'),
      await ask('files/a.txt', { range: 'bytes=99-' }),
    ].map(({ status }) => status);

    expect(statuses).toEqual([200, 304, 404, 416]);
  });

  it('frees the slot of a client that leaves, and of one that has it all', async () => {
    await start({ max: 1, by: byUser });
    const { request } = await begin('files/large.bin');
    expect((await ask('files/a.txt')).status).toBe(429);

    request.destroy();

    expect(await eventually(200, () => statusOf('files/a.txt'))).toBe(200);
    expect(await eventually(200, () => statusOf('files/a.txt'))).toBe(200);
  });

  it('is told as refused, with 429', async () => {
    await start({ max: 1, by: byUser });
    await begin('files/large.bin');
    const events: DownloadEvent[] = [];
    running.app.get(DownloadEvents).subscribe((event) => events.push(event));

    await ask('files/a.txt');

    expect(events).toMatchObject([
      { phase: 'started', status: 429 },
      { phase: 'finished', status: 429, outcome: 'refused', bytes: 0 },
    ]);
  });

  it('asks the store that it is given, and tells it when a download is over', async () => {
    const asked: unknown[][] = [];
    let given = 0;
    await start({
      max: 7,
      by: byUser,
      per: 'file',
      slots: {
        take: (...question) => {
          asked.push(question);
          return Promise.resolve(() => (given += 1));
        },
      },
    });

    await ask('files/a.txt', { 'x-user': 'ada' });

    expect(asked).toEqual([['ada', '/files/a.txt', 7]]);
    expect(await eventually(1, () => Promise.resolve(given))).toBe(1);
  });

  it('lets go of the file, and tells no more than 500, where the store fails', async () => {
    const failing = {
      take: () => Promise.reject(new Error('the database is gone')),
    };
    await start({ max: 7, by: byUser, slots: failing });

    const answer = await ask('files/large.bin');

    expect(answer.status).toBe(500);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.text).not.toContain('database');
    await descriptorsClosed(join(directory.path, 'large.bin'));
  });

  it('lets go of the file where nobody knows whose the download is', async () => {
    await start({ max: 7, by: () => undefined as never });

    expect((await ask('files/large.bin')).status).toBe(500);
    await descriptorsClosed(join(directory.path, 'large.bin'));
  });

  it.each([
    [
      'throws',
      () => () => {
        throw new Error('it is gone');
      },
    ],
    ['fails later', () => () => Promise.reject(new Error('it is gone'))],
  ])(
    'goes on where a store %s when it is told that one is over',
    async (_, take) => {
      await start({ max: 7, by: byUser, slots: { take } });
      const warn = jest
        .spyOn(Logger.prototype, 'warn')
        .mockImplementation(() => undefined);

      expect(await statusOf('files/a.txt')).toBe(200);
      expect(await statusOf('files/a.txt')).toBe(200);

      const told = () => Promise.resolve(warn.mock.calls.length > 0);
      expect(await eventually(true, told)).toBe(true);
      expect(warn.mock.calls[0]?.[0]).toContain("'it is gone'");
      warn.mockRestore();
    },
  );

  describe('behind a server that tells completions', () => {
    let log: string;

    beforeEach(async () => {
      log = await directory.write('downloads.log', '');
      await start(
        { max: 1, by: byUser },
        {
          completions: { file: log },
          backend: nginx({
            rules: [
              { sourceDir: `${directory.path}/`, destination: '/_offload/' },
            ],
          }),
        },
      );
    });

    it('holds the slot of what was handed over until its line has come', async () => {
      const handed = await ask('files/a.txt');
      const id = handed.headers['x-download-id'];
      expect((await ask('files/a.txt')).status).toBe(429);

      await appendFile(
        log,
        `${JSON.stringify({ id, status: 200, bytes: 10, complete: 'OK', length: '10', seconds: 1 })}\n`,
      );

      expect(await eventually(200, () => statusOf('files/a.txt'))).toBe(200);
    });

    it('tells events and slots alike what became of it', async () => {
      const outcomes: unknown[] = [];
      running.app
        .get(DownloadEvents)
        .subscribe(({ outcome }) => outcomes.push(outcome));
      const { headers } = await ask('files/a.txt');

      await appendFile(
        log,
        `${JSON.stringify({ id: headers['x-download-id'], status: 200, bytes: 10, complete: 'OK', length: '10', seconds: 1 })}\n`,
      );

      expect(await eventually(200, () => statusOf('files/a.txt'))).toBe(200);
      expect(outcomes).toContain('completed');
    });
  });
});

describe('the options of concurrent', () => {
  it.each([
    ['concurrent.max', { max: 0, by: () => '' }],
    ['concurrent.max', { by: () => '' }],
    ['concurrent.by', { max: 1 }],
    ['concurrent.per', { max: 1, by: () => '', per: 'client' }],
    ['concurrent.most', { max: 1, by: () => '', most: 1 }],
  ])('refuse a wrong %s', async (option, given) => {
    const concurrent = given as ConcurrentOptions;

    expect(() => Download({ concurrent })).toThrow(`@Download().${option}`);
    await expect(
      startApplication('express', { options: { concurrent } }),
    ).rejects.toThrow(InvalidOptionsError);
  });
});
