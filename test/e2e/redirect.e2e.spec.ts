import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Get,
  HttpCode,
  Injectable,
  type NestInterceptor,
  Param,
  Post,
  Res,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import {
  Download,
  DownloadResponse,
  LocalFile,
  MemoryStorage,
  ObjectDownloadController,
  redirect,
  StorageDownloadController,
  StorageFile,
  stream,
} from 'nestjs-downloadview';
import { map } from 'rxjs';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { fieldLines } from '../support/clients/http-fields.js';
import { httpRequest } from '../support/clients/http-client.js';
import { LogLines } from '../support/log-lines.js';
import { expectNotFound } from '../support/files/not-found.js';
import {
  ASTRAY,
  SigningStore,
  STORE_SECRET,
} from '../support/stores/signing-store.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

interface PassedThrough {
  header(name: string, value: string): unknown;
}

const CONTENT = '0123456789';
const KEYS = [
  'a.txt',
  'folder/a b.txt',
  'a+b%2F&=?#;.txt',
  "it's.txt",
  'Größe 日本.txt',
];
/** Stands outside the interceptor of the module. */
@Injectable()
class Refusal implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    const { url } = context.switchToHttp().getRequest<{ url: string }>();
    return next.handle().pipe(
      map((value: unknown) => {
        if (url.startsWith('/refused')) throw new ForbiddenException();
        return value;
      }),
    );
  }
}

describe.each(ADAPTERS)('redirect() on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let store: SigningStore;
  let running: RunningApplication;
  let log: LogLines;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const local = await directory.write('local.txt', CONTENT);
    store = await SigningStore.start();
    const { storage, host } = store;
    for (const key of KEYS) await storage.save(key, CONTENT);
    const memory = new MemoryStorage();
    await memory.save('a.txt', CONTENT);

    @Controller()
    class FileController {
      @Get(['name', 'refused'])
      named() {
        return new DownloadResponse(new StorageFile(storage, 'a.txt'), {
          basename: 'Bericht "ä".csv',
          contentType: 'text/csv',
          charset: 'utf-8',
        });
      }

      @Get('public')
      @Download({ cacheControl: 'public, max-age=3600, s-maxage=7200' })
      public() {
        return new StorageFile(storage, 'a.txt');
      }

      @Get('public-by-header')
      publicByHeader() {
        return new DownloadResponse(new StorageFile(storage, 'a.txt'), {
          headers: { 'cache-control': 'public, max-age=3600' },
        });
      }

      @Get('not-stored')
      @Download({ cacheControl: 'private, no-store' })
      notStored() {
        return new StorageFile(storage, 'a.txt');
      }

      @Get('inline')
      inline() {
        return new DownloadResponse(new StorageFile(storage, 'a.txt'), {
          attachment: false,
        });
      }

      @Get('coded')
      coded() {
        return new DownloadResponse(new StorageFile(storage, 'a.txt'), {
          encoding: 'br',
        });
      }

      @Get('local')
      @Download()
      local() {
        return new LocalFile(local);
      }

      @Get('streamed')
      @Download({ backend: stream() })
      streamed() {
        return new StorageFile(storage, 'a.txt');
      }

      @Get('changed')
      changed() {
        return new DownloadResponse(new StorageFile(storage, 'a.txt'), {
          wasModifiedSince: () => true,
        });
      }

      @Get('unchanged')
      unchanged() {
        return new DownloadResponse(new StorageFile(storage, 'a.txt'), {
          wasModifiedSince: () => false,
        });
      }

      @Get('own-headers')
      @Download()
      ownHeaders(@Res({ passthrough: true }) response: PassedThrough) {
        response.header('Cache-Control', 'public, max-age=31536000');
        response.header('Expires', 'Fri, 01 Jan 2100 00:00:00 GMT');
        response.header('Referrer-Policy', 'unsafe-url');
        response.header('Location', 'https://evil.example/');
        response.header('ETag', '"of-the-application"');
        return new StorageFile(storage, 'a.txt');
      }

      @Post('export')
      @HttpCode(200)
      @Download()
      export() {
        return new StorageFile(storage, 'a.txt');
      }

      @Get('astray/:way')
      @Download()
      astray(@Param('way') way: string) {
        const file = new StorageFile(storage, 'a.txt');
        return Object.defineProperty(file, 'temporaryUrl', {
          value: async () => {
            const address = await storage.temporaryUrl('a.txt', {
              expiresIn: 60,
            });
            return ASTRAY[way](new URL(address), host);
          },
        });
      }
    }

    running = await startApplication(adapter, {
      options: {
        backend: redirect({ hosts: [host], expiresIn: 60 }),
        storages: { default: storage, memory },
      },
      controllers: [
        FileController,
        StorageDownloadController.asController('store/*path'),
        StorageDownloadController.asController('memory/*path', {
          storage: 'memory',
        }),
        ObjectDownloadController.asController('rows/:id', {
          repository: {
            findOne: () =>
              Promise.resolve({ id: 1, file: 'a.txt', name: 'row.pdf' }),
          },
          basenameField: 'name',
        }),
      ],
      providers: [{ provide: APP_INTERCEPTOR, useClass: Refusal }],
    });
  });

  beforeEach(() => {
    log = new LogLines();
    running.app.useLogger(log);
  });

  afterAll(async () => {
    await running.close();
    store.close();
    await directory.remove();
  });

  function ask(
    path: string,
    headers?: Record<string, string>,
    method?: string,
  ): ReturnType<typeof httpRequest> {
    return httpRequest(running.origin, path, { headers, method });
  }

  const pathOf = (key: string): string =>
    `/store/${key.split('/').map(encodeURIComponent).join('/')}`;

  it.each(KEYS)('sends the client to an address of %j', async (key) => {
    const { status, headers, text } = await ask(pathOf(key));

    expect({ status, text }).toEqual({ status: 302, text: '' });
    expect(new URL(headers.location ?? '').host).toBe(store.host);
    expect(headers['content-length']).toBe('0');
  });

  it.each(KEYS)('has the client arrive at the bytes of %j', async (key) => {
    const answer = await fetch(running.origin + pathOf(key));

    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe(CONTENT);
    expect(new URL(answer.url).host).toBe(store.host);
  });

  it.each([
    [
      '/name',
      "attachment; filename*=UTF-8''Bericht%20%22%C3%A4%22.csv",
      'text/csv; charset=utf-8',
    ],
    ['/inline', 'inline; filename="a.txt"', 'text/plain; charset=utf-8'],
    ['/rows/1', 'attachment; filename="row.pdf"', 'application/pdf'],
  ])('has the store present %s', async (path, disposition, type) => {
    const { headers } = await fetch(running.origin + path);

    expect(headers.get('content-disposition')).toBe(disposition);
    expect(headers.get('content-type')).toBe(type);
  });

  it('asks for an address that works for as long as was said', async () => {
    await ask('/name');

    expect(store.storage.asked.at(-1)).toEqual({
      expiresIn: 60,
      basename: 'Bericht "ä".csv',
      contentType: 'text/csv; charset=utf-8',
      attachment: true,
      cacheControl: 'private, no-cache, no-transform',
    });
  });

  it.each([
    ['/public', 'private, max-age=60, no-transform'],
    ['/public-by-header', 'private, max-age=60'],
    ['/not-stored', 'private, no-store, no-transform'],
  ])(
    'has the store say what may be kept, and no longer than the address works: %s',
    async (path, cacheControl) => {
      await ask(path);

      expect(store.storage.asked.at(-1)).toMatchObject({ cacheControl });
    },
  );

  it('lets nobody keep the address, or tell it', async () => {
    const { headers } = await ask('/store/a.txt');

    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
  });

  it('lets the application neither keep nor tell it', async () => {
    const answer = await ask('/own-headers');

    for (const [name, value] of [
      ['cache-control', 'no-store'],
      ['referrer-policy', 'no-referrer'],
      ['location', expect.stringContaining(`http://${store.host}/`)],
    ] as const) {
      expect([name, fieldLines(answer, name)]).toEqual([name, [value]]);
    }
    expect(answer.headers).not.toHaveProperty('expires');
  });

  it.each(['/store/a.txt', '/own-headers'])(
    'says nothing of the file on the way there: %s',
    async (path) => {
      const { headers } = await ask(path);

      for (const name of [
        'content-type',
        'content-disposition',
        'etag',
        'last-modified',
        'accept-ranges',
      ]) {
        expect(headers).not.toHaveProperty(name);
      }
    },
  );

  it('answers HEAD itself', async () => {
    const { status, headers } = await ask('/name', {}, 'HEAD');
    const whole = await fetch(`${running.origin}/name`);

    expect(status).toBe(200);
    expect(headers).not.toHaveProperty('location');
    expect(headers).toMatchObject({
      'content-length': String(CONTENT.length),
      'content-type': 'text/csv; charset=utf-8',
      etag: whole.headers.get('etag'),
    });
  });

  it.each([
    ['/store/a.txt', 'If-None-Match', '*', 304],
    ['/store/a.txt', 'If-None-Match', '"another"', 302],
    ['/store/a.txt', 'If-Match', '*', 302],
    ['/store/a.txt', 'If-Match', '"another"', 412],
    ['/store/a.txt', 'If-Modified-Since', '2100', 304],
    ['/store/a.txt', 'If-Modified-Since', '2000', 302],
    ['/store/a.txt', 'If-Unmodified-Since', '2000', 412],
    ['/store/a.txt', 'If-Unmodified-Since', '2100', 302],
    ['/changed', 'If-Modified-Since', '2100', 302],
    ['/unchanged', 'If-Modified-Since', '2000', 304],
  ])('answers %s with %s: %s by %i', async (path, name, value, expected) => {
    const day = value === '2000' ? 'Sat' : 'Fri';
    const date = `${day}, 01 Jan ${value} 00:00:00 GMT`;

    const { status, headers } = await ask(path, {
      [name]: /^\d/.test(value) ? date : value,
    });

    expect([status, 'location' in headers]).toEqual([
      expected,
      expected === 302,
    ]);
  });

  it('answers 304 to the tag that HEAD and the store tell', async () => {
    const { headers } = await ask('/store/a.txt', {}, 'HEAD');
    const { etag = '' } = headers;

    expect(await ask('/store/a.txt', { 'If-None-Match': etag })).toMatchObject({
      status: 304,
      headers: { etag },
    });
  });

  it.each([
    ['bytes=2-4', 206, '234'],
    ['bytes=7-', 206, '789'],
    ['bytes=-1', 200, CONTENT],
  ])('leaves %s to the store', async (range, status, part) => {
    const answer = await fetch(`${running.origin}/store/a.txt`, {
      headers: { Range: range },
    });

    expect([answer.status, await answer.text()]).toEqual([status, part]);
    expect(new URL(answer.url).host).toBe(store.host);
  });

  it.each(['/memory/a.txt', '/local', '/coded', '/streamed'])(
    'sends %s itself',
    async (path) => {
      const { status, headers, text } = await ask(path);

      expect({ status, text }).toEqual({ status: 200, text: CONTENT });
      expect(headers).not.toHaveProperty('location');
      expect(log.of('warn')).toEqual([]);
    },
  );

  describe('a range, which the store may misread', () => {
    beforeAll(async () => {
      store.storage.namesVersions = true;
      await store.storage.save('empty.txt', '');
    });

    afterAll(() => {
      store.storage.namesVersions = false;
    });

    async function ask(
      headers: Record<string, string>,
      path = '/store/a.txt',
    ): Promise<[status: number, text: string]> {
      const { status, text } = await httpRequest(running.origin, path, {
        headers,
      });
      return [status, text];
    }

    it('is left to it where it holds as it is', async () => {
      const { etag } = await store.storage.stat('a.txt');

      expect(await ask({ Range: 'bytes=0-1' })).toEqual([302, '']);
      expect(await ask({ Range: 'bytes=0-1', 'If-Range': etag ?? '' })).toEqual(
        [302, ''],
      );
    });

    it.each<[Record<string, string>, number, string]>([
      [{ Range: 'bytes=0-1', 'If-Range': '"other"' }, 200, CONTENT],
      [
        { Range: 'bytes=0-1', 'If-Range': 'Sat, 01 Jan 2000 00:00:00 GMT' },
        200,
        CONTENT,
      ],
      [{ Range: 'bytes=5-2' }, 200, CONTENT],
      [{ Range: 'items=0-1' }, 200, CONTENT],
    ])(
      '%j is answered with %d by the application',
      async (headers, ...answer) => {
        expect(await ask(headers)).toEqual(answer);
      },
    );

    it('is answered by the application where there are several', async () => {
      const [status, text] = await ask({ Range: 'bytes=0-1,5-6' });

      expect(status).toBe(206);
      expect(text).toContain('Content-Range: bytes 5-6/10');
    });

    it('is answered with 416 by the application where it is not there', async () => {
      const answer = await httpRequest(running.origin, '/store/a.txt', {
        headers: { Range: 'bytes=99-' },
      });

      expect(answer.status).toBe(416);
      expect(answer.headers['content-range']).toBe('bytes */10');
      expect(answer.headers).not.toHaveProperty('location');
    });

    it('is ignored by the application where the file is empty', async () => {
      expect(await ask({ Range: 'bytes=0-' }, '/store/empty.txt')).toEqual([
        200,
        '',
      ]);
    });
  });

  it('sends the answer to a POST itself', async () => {
    const { status, headers, text } = await ask('/export', {}, 'POST');

    expect({ status, text }).toEqual({ status: 200, text: CONTENT });
    expect(headers).not.toHaveProperty('location');
  });

  it('answers a missing file with 404', async () => {
    expectNotFound(await ask('/store/missing.txt'));
  });

  it.each(Object.keys(ASTRAY))(
    'sends the file itself where the address has %s',
    async (way) => {
      const answer = await ask(`/astray/${encodeURIComponent(way)}`);

      expect(answer).toMatchObject({ status: 200, text: CONTENT });
      expect(answer.rawHeaders.join()).not.toContain(STORE_SECRET);
      expect(answer.headers).not.toHaveProperty('location');
    },
  );

  it('leaves the last word to an outer interceptor', async () => {
    const { status, headers, text } = await ask('/refused');

    expect(status).toBe(403);
    expect(headers).not.toHaveProperty('location');
    expect(headers).not.toHaveProperty('referrer-policy');
    expect(text).not.toContain(STORE_SECRET);
  });

  it('names a host that it does not send clients to once', async () => {
    const { storage } = store;
    const other = await startApplication(adapter, {
      options: {
        backend: redirect({ hosts: ['bucket.example'] }),
        storages: { default: storage },
      },
      controllers: [StorageDownloadController.asController('store/*path')],
      configure: (app) => app.useLogger(log),
    });
    try {
      for (const key of KEYS) {
        const answer = await httpRequest(other.origin, pathOf(key));
        expect(answer).toMatchObject({ status: 200, text: CONTENT });
      }
    } finally {
      await other.close();
    }

    expect(log.of('warn')).toEqual([expect.stringContaining(store.host)]);
    expect(log.text).not.toContain(STORE_SECRET);
  });
});
