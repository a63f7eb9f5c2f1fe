import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';

import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  HttpException,
  Logger,
  NotFoundException,
  Param,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Download, type DownloadFile, VirtualFile } from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { httpRequest } from '../support/clients/http-client.js';
import { LogLines } from '../support/log-lines.js';
import { RawClient } from '../support/clients/raw-client.js';

const CHUNK = Buffer.alloc(1024 * 1024, 'x');

/** Opens when the client has seen the answer begin: a reset throws away what it has not read. */
let begun: () => void = () => undefined;
let hasBegun: Promise<void>;

const failure = (): Error =>
  Object.assign(new Error('EIO: i/o error, read /srv/secret'), { code: 'EIO' });

async function* chunkThen(
  end: () => void | Uint8Array,
): AsyncGenerator<Uint8Array> {
  yield CHUNK;
  await hasBegun;
  const more = end();
  if (more) yield more;
}

/** Gives a chunk, and is destroyed when the client has begun to read. */
function destroyedWith(error?: Error): Readable {
  const source = new Readable({ read: () => undefined });
  source.push(CHUNK);
  void hasBegun.then(() => source.destroy(error));
  return source;
}

const SOURCES: Record<string, () => DownloadFile> = {
  'a generator that throws': () =>
    new VirtualFile(
      chunkThen(() => {
        throw new Error('no more');
      }),
      { name: 'generated.bin' },
    ),
  'a generator that throws before its promised size': () =>
    new VirtualFile(
      chunkThen(() => {
        throw new Error('no more');
      }),
      { name: 'generated.bin', size: 3 * CHUNK.length },
    ),
  'fewer bytes than promised': () =>
    new VirtualFile(
      chunkThen(() => undefined),
      { name: 'short.bin', size: CHUNK.length + 1 },
    ),
  'more bytes than promised': () =>
    new VirtualFile(
      chunkThen(() => CHUNK),
      { name: 'long.bin', size: CHUNK.length + 1 },
    ),
  'a read error': () => ({
    name: 'read-error.bin',
    stat: () => ({ size: 5 * CHUNK.length }),
    open: () => destroyedWith(failure()),
  }),
  'a read error of a file of unknown size': () => ({
    name: 'read-error.bin',
    stat: () => ({}),
    open: () => destroyedWith(failure()),
  }),
  'a source that is destroyed without an error': () => ({
    name: 'gone.bin',
    stat: () => ({ size: 5 * CHUNK.length }),
    open: () => destroyedWith(),
  }),
};

describe.each(ADAPTERS)('a source that fails on %s', (adapter) => {
  let running: RunningApplication;

  beforeAll(async () => {
    @Controller()
    class BrokenController {
      @Get('broken/:name')
      @Download()
      broken(@Param('name') name: string) {
        return SOURCES[name]?.();
      }

      @Get('at-once')
      @Download({ basename: 'at-once.csv' })
      atOnce() {
        return new VirtualFile(
          // eslint-disable-next-line require-yield
          async function* (): AsyncGenerator<string> {
            throw new Error('not even a first byte, in /srv/secret');
          },
          { name: 'at-once.csv' },
        );
      }

      @Get('whole')
      @Download()
      whole() {
        return 'whole';
      }
    }
    running = await startApplication(adapter, {
      controllers: [BrokenController],
    });
  });

  afterAll(() => running.close());

  it.each(Object.keys(SOURCES))(
    'resets the connection after the headers: %s',
    async (name) => {
      hasBegun = new Promise((resolve) => (begun = resolve));
      const client = await RawClient.connect(running.port);
      await client.send({ path: `/broken/${encodeURIComponent(name)}` });
      await client.readALittle();
      begun();
      const { bytes, code } = await client.end();
      expect(code).toBe('ECONNRESET');
      const text = bytes.toString('latin1');
      expect(text).toMatch(/^HTTP\/1\.1 200 /);
      expect(text).not.toContain('secret');
      expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
    },
  );

  it('answers 500 without the file’s headers before the first byte', async () => {
    const answer = await httpRequest(running.origin, '/at-once');
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.text)).toMatchObject({ statusCode: 500 });
    expect(answer.text).not.toContain('secret');
    expect(answer.headers).not.toHaveProperty('content-disposition');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['content-type']).toContain('application/json');
  });

  it('serves the next request', async () => {
    hasBegun = Promise.resolve();
    await httpRequest(running.origin, '/broken/a%20read%20error').catch(
      () => undefined,
    );
    expect((await httpRequest(running.origin, '/whole')).text).toBe('whole');
  });
});

@Catch()
class TeapotFilter implements ExceptionFilter {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const { httpAdapter } = this.adapterHost;
    const isFailed =
      exception instanceof HttpException && exception.getStatus() === 500;
    const response = host.switchToHttp().getResponse<object>();
    httpAdapter.reply(response, { filtered: isFailed }, 418);
  }
}

const FAILING_AT_ONCE: Record<string, () => DownloadFile | Readable> = {
  'a stream of a missing file': () => createReadStream('/srv/secret/none.txt'),
  'more bytes than promised': () =>
    new VirtualFile(() => Readable.from(['more']), { name: 'a', size: 1 }),
  'an exception for another status': () =>
    new VirtualFile(
      // eslint-disable-next-line require-yield
      async function* (): AsyncGenerator<string> {
        throw new NotFoundException();
      },
      { name: 'a' },
    ),
};

describe.each(ADAPTERS)('a source without a first byte on %s', (adapter) => {
  let running: RunningApplication;
  let filters: (new (host: HttpAdapterHost) => ExceptionFilter)[] = [];
  let log: LogLines;

  beforeEach(async () => {
    @Controller()
    class FailingController {
      @Get(':name')
      @Download({ basename: 'secret.csv' })
      failing(@Param('name') name: string) {
        return FAILING_AT_ONCE[name]?.();
      }
    }
    log = new LogLines();
    running = await startApplication(adapter, {
      controllers: [FailingController],
      configure: (app) => {
        const host = app.get(HttpAdapterHost);
        app.useGlobalFilters(...filters.map((Filter) => new Filter(host)));
      },
    });
    Logger.overrideLogger(log);
  });

  afterEach(async () => {
    Logger.overrideLogger(false);
    await running.close();
  });

  const get = (name: string) =>
    httpRequest(running.origin, `/${encodeURIComponent(name)}`);

  describe('with a filter of the application', () => {
    beforeAll(() => void (filters = [TeapotFilter]));
    afterAll(() => void (filters = []));

    it.each(Object.keys(FAILING_AT_ONCE))(
      'is answered by it: %s',
      async (name) => {
        const { status, text, headers } = await get(name);
        expect([status, JSON.parse(text)]).toEqual([418, { filtered: true }]);
        expect(headers).not.toHaveProperty('content-disposition');
      },
    );
  });

  it.each(Object.keys(FAILING_AT_ONCE))('is one warning: %s', async (name) => {
    const { status, text } = await get(name);
    expect([status, JSON.parse(text)]).toEqual([
      500,
      { statusCode: 500, message: 'Internal server error' },
    ]);
    expect(log.of('warn')).toEqual([
      expect.stringMatching(
        /^warn A download failed before its first byte: .*secret/,
      ),
    ]);
    expect(log.of('error')).toEqual([]);
  });
});
