import { Readable } from 'node:stream';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import {
  ContentFile,
  Download,
  type DownloadBackend,
  DownloadResponse,
  LocalFile,
  MemoryStorage,
  ProxiedDownloadResponse,
  sendfile,
  StorageFile,
} from 'nestjs-downloadview';
import { of } from 'rxjs';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { bootError } from '../support/boot-error.js';
import { httpRequest } from '../support/clients/http-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const TEXT = 'one é\ntwo\n';

const fake: DownloadBackend = {
  name: 'fake',
  proxy: async (response) =>
    new ProxiedDownloadResponse(
      'X-Sendfile',
      '/somewhere',
      (await response.describe()).headers,
    ),
};

const PLAIN_RETURNS: Record<string, () => unknown> = {
  'a string': () => TEXT,
  'a Buffer': () => Buffer.from(TEXT),
  'a Uint8Array': () => new Uint8Array(Buffer.from(TEXT)),
  'a Readable': () => Readable.from([Buffer.from(TEXT)]),
  'an iterable': () => new Set(['one é\n', 'two\n']),
  'a generator': function* () {
    yield 'one é\n';
    yield Buffer.from('two\n');
  },
  'an async generator': async function* () {
    yield 'one é\n';
    await Promise.resolve();
    yield 'two\n';
  },
  'a promise': () => Promise.resolve(TEXT),
  'an observable': () => of(TEXT),
  'a file wrapper': () => new ContentFile(TEXT, { name: 'own.txt' }),
  'a DownloadResponse': () =>
    new DownloadResponse(new ContentFile(TEXT, { name: 'own.txt' })),
};

const REFUSED_RETURNS: Record<string, unknown> = {
  'an array': ['one', 'two'],
  'a plain object': { secret: 'value' },
  undefined: undefined,
  null: null,
  'a number': 5,
};

describe.each(ADAPTERS)('@Download() on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let running: RunningApplication;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const path = await directory.write('a file.txt', TEXT);
    const storage = new MemoryStorage();
    const key = await storage.save('folder/kept.txt', TEXT);

    const once = (function* () {
      yield 'one';
    })();

    @Controller('handlers')
    class HandlerController {
      @Get('local')
      @Download()
      local() {
        return new LocalFile(path);
      }

      @Get('stored')
      @Download({ basename: 'named.txt', attachment: false })
      stored() {
        return new StorageFile(storage, key);
      }

      @Get('response-first')
      @Download({ basename: 'decorator.txt', contentType: 'text/markdown' })
      responseFirst() {
        return sendfile(path, { basename: 'response.txt' });
      }

      @Get('backend')
      @Download({ backend: fake })
      backend() {
        return new LocalFile(path);
      }

      @Get('once')
      @Download()
      once() {
        return once;
      }

      @Get('undecorated')
      undecorated() {
        return sendfile(path);
      }

      @Post('export')
      @Download({ basename: 'export.csv' })
      export() {
        return 'a,b\n';
      }

      @Post('export-created')
      @HttpCode(202)
      @Download({ basename: 'export.csv' })
      exportCreated() {
        return 'a,b\n';
      }
    }

    @Controller('all')
    @Download({ attachment: false, headers: { 'X-Kind': 'class' } })
    class WholeController {
      @Get('class')
      ofClass() {
        return new ContentFile(TEXT, { name: 'class.txt' });
      }

      @Get('handler')
      @Download({ headers: { 'X-Kind': 'handler' } })
      ofHandler() {
        return new ContentFile(TEXT, { name: 'handler.txt' });
      }
    }

    const returning = (values: [string, () => unknown][]) =>
      values.map(([name, value]) => {
        @Controller(`returns/${name.replaceAll(' ', '-')}`)
        class ReturningController {
          @Get()
          @Download({ basename: 'rows.csv' })
          get() {
            return value();
          }
        }
        return ReturningController;
      });

    running = await startApplication(adapter, {
      controllers: [
        HandlerController,
        WholeController,
        ...returning(Object.entries(PLAIN_RETURNS)),
        ...returning(
          Object.entries(REFUSED_RETURNS).map(([name, value]) => [
            name,
            () => value,
          ]),
        ),
      ],
    });
  });

  afterAll(async () => {
    await running.close();
    await directory.remove();
  });

  it.each(Object.keys(PLAIN_RETURNS))('sends %s', async (name) => {
    const path = `/returns/${name.replaceAll(' ', '-')}`;
    const answer = await httpRequest(running.origin, path);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(TEXT);
    expect(answer.headers['content-type']).toMatch(/^text\/csv/);
    expect(answer.headers['content-disposition']).toContain('rows.csv');
  });

  it.each(Object.keys(REFUSED_RETURNS))(
    'refuses %s without sending it',
    async (name) => {
      const path = `/returns/${name.replaceAll(' ', '-')}`;
      const answer = await httpRequest(running.origin, path);
      expect(answer.status).toBe(500);
      expect(answer.text).not.toContain('secret');
      expect(answer.headers['cache-control']).toBe('no-store');
    },
  );

  it('refuses to send a source twice that can be read once', async () => {
    expect((await httpRequest(running.origin, '/handlers/once')).text).toBe(
      'one',
    );
    const second = await httpRequest(running.origin, '/handlers/once');
    expect(second.status).toBe(500);
    expect(second.headers['cache-control']).toBe('no-store');
  });

  it.each([
    [{ filename: 'x' }, 'filename'],
    [{ attachment: 'no' }, 'attachment'],
    [{ headers: { 'Content-Length': '5' } }, 'headers'],
    [{ backend: 'nginx' }, 'backend'],
  ])('refuses the options %j where they are given', (options, name) => {
    expect(() => Download(options as object)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTIONS',
        option: expect.stringContaining(name),
      }),
    );
  });

  it('stops the boot of an application without DownloadModule', async () => {
    @Controller()
    class AloneController {
      @Get()
      @Download({ basename: 'page.html' })
      page() {
        return '<script>alert(1)</script>';
      }
    }
    class NothingModule {}
    const error = await bootError(adapter, {
      downloadModule: NothingModule,
      controllers: [AloneController],
    });
    expect(error.message).toContain('DownloadStorages');
  });

  it('sends a local file under its own name', async () => {
    const answer = await httpRequest(running.origin, '/handlers/local');
    expect(answer.text).toBe(TEXT);
    expect(answer.headers['content-disposition']).toBe(
      `attachment; filename="a file.txt"; filename*=UTF-8''a%20file.txt`,
    );
  });

  it('presents a file as its options say', async () => {
    const answer = await httpRequest(running.origin, '/handlers/stored');
    expect(answer.headers['content-disposition']).toBe(
      `inline; filename="named.txt"; filename*=UTF-8''named.txt`,
    );
    expect(answer.headers.etag).toMatch(/^"[\w-]{22}"$/);
  });

  it('lets a DownloadResponse come before the decorator, and fills in the rest', async () => {
    const answer = await httpRequest(
      running.origin,
      '/handlers/response-first',
    );
    expect(answer.headers['content-disposition']).toContain('response.txt');
    expect(answer.headers['content-type']).toBe('text/markdown; charset=utf-8');
  });

  it('uses the backend that it names', async () => {
    const answer = await httpRequest(running.origin, '/handlers/backend');
    expect(answer.headers['x-sendfile']).toBe('/somewhere');
    expect(answer.headers['content-length']).toBe('0');
    expect(answer.text).toBe('');
  });

  it('is not needed for a DownloadResponse', async () => {
    const answer = await httpRequest(running.origin, '/handlers/undecorated');
    expect(answer.text).toBe(TEXT);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  it('on a controller holds for all its handlers, a handler’s own before it', async () => {
    const ofClass = await httpRequest(running.origin, '/all/class');
    expect(ofClass.headers['content-disposition']).toMatch(/^inline/);
    expect(ofClass.headers['x-kind']).toBe('class');
    const ofHandler = await httpRequest(running.origin, '/all/handler');
    expect(ofHandler.headers['content-disposition']).toMatch(/^inline/);
    expect(ofHandler.headers['x-kind']).toBe('handler');
  });

  it.each([
    ['/handlers/export', 200],
    ['/handlers/export-created', 202],
  ])(
    'answers POST %s with %d, whatever the conditions',
    async (path, status) => {
      const answer = await httpRequest(running.origin, path, {
        method: 'POST',
        headers: {
          'If-None-Match': '*',
          'If-Modified-Since': new Date().toUTCString(),
          Range: 'bytes=0-0',
        },
      });
      expect(answer.status).toBe(status);
      expect(answer.text).toBe('a,b\n');
    },
  );
});
