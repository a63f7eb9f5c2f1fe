import { utimes } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Header, type INestApplication } from '@nestjs/common';
import {
  ContentFile,
  type DownloadFile,
  PathDownloadController,
  sendfile,
  VirtualDownloadController,
  VirtualFile,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { httpRequest } from '../support/clients/http-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const MODIFIED = new Date('2025-03-01T10:00:00.500Z');
const LAST_MODIFIED = 'Sat, 01 Mar 2025 10:00:00 GMT';
const BEFORE = 'Sat, 01 Mar 2025 09:59:59 GMT';
const TEXT = 'Hello é\n';

describe.each(ADAPTERS)('HTTP on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let running: RunningApplication;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const root = directory.path;
    const path = await directory.write('hello.txt', TEXT);
    await utimes(path, MODIFIED, MODIFIED);
    const future = await directory.write('future.txt', TEXT);
    await utimes(future, new Date('2099-01-01'), new Date('2099-01-01'));
    await directory.write('empty.txt', '');
    await directory.write('page.html', '<script>alert(1)</script>');
    await directory.write(
      'drawing.svg',
      '<svg xmlns="http://www.w3.org/2000/svg"/>',
    );
    await directory.write('photo.png', 'not really');
    await directory.write('paper.pdf', 'not really');
    await directory.write('archive.tar.gz', 'not really');
    await directory.write('unknown.zzz', 'not really');

    @Controller('files/*path')
    class FileController extends PathDownloadController {
      override root = root;
    }

    @Controller('inline/*path')
    class InlineController extends PathDownloadController {
      override root = root;
      override attachment = false;
    }

    @Controller('never-modified')
    class NeverModifiedController extends VirtualDownloadController {
      getFile(): DownloadFile {
        return new VirtualFile(() => ['Hello'], { name: 'hello.txt' });
      }
      override wasModifiedSince(): boolean {
        return false;
      }
    }

    @Controller('always-modified')
    class AlwaysModifiedController extends VirtualDownloadController {
      getFile(): DownloadFile {
        return new ContentFile('Hello', {
          name: 'hello.txt',
          lastModified: MODIFIED,
        });
      }
      override async wasModifiedSince(): Promise<boolean> {
        return Promise.resolve(true);
      }
    }

    @Controller('tagged')
    class TaggedController extends VirtualDownloadController {
      getFile(): DownloadFile {
        return new ContentFile('Hello', {
          name: 'hello.txt',
          etag: 'v1',
          lastModified: MODIFIED,
        });
      }
    }

    @Controller()
    class OwnHeadersController {
      @Get('own-headers')
      @Header('Cache-Control', 'public, max-age=60')
      @Header('Content-Disposition', 'attachment; filename="mine.txt"')
      @Header('Content-Security-Policy', 'default-src *')
      @Header('X-Accel-Redirect', '/etc/passwd')
      ownHeaders() {
        return sendfile(path);
      }

      @Get('nameless')
      @Header('Content-Disposition', 'attachment')
      nameless() {
        return sendfile(path);
      }

      @Get('cookie')
      @Header('Set-Cookie', 'a=b')
      cookie() {
        return sendfile(path, {
          cacheControl: 'public, s-maxage=60, max-age=5',
        });
      }

      @Get('option-headers')
      optionHeaders() {
        return sendfile(path, {
          charset: 'utf-8',
          headers: {
            'content-language': 'fr',
            'Content-Security-Policy': "default-src 'self'",
          },
        });
      }
    }

    running = await startApplication(adapter, {
      options: { exposeHeaders: true },
      controllers: [
        FileController,
        InlineController,
        NeverModifiedController,
        AlwaysModifiedController,
        TaggedController,
        OwnHeadersController,
      ],
    });
  });

  afterAll(async () => {
    await running.close();
    await directory.remove();
  });

  const get = (
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ) => httpRequest(running.origin, path, { headers, method });

  it('describes a file in its headers', async () => {
    const { status, headers, text } = await get('/files/hello.txt');
    expect(status).toBe(200);
    expect(text).toBe(TEXT);
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(Buffer.byteLength(TEXT)),
      'content-disposition': `attachment; filename="hello.txt"; filename*=UTF-8''hello.txt`,
      'last-modified': LAST_MODIFIED,
      'cache-control': 'private, no-cache, no-transform',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'access-control-expose-headers': expect.stringContaining(
        'Content-Disposition',
      ),
    });
    expect(headers).not.toHaveProperty('transfer-encoding');
  });

  it('answers HEAD with the headers of GET and no body', async () => {
    const [head, whole] = [
      await get('/files/hello.txt', {}, 'HEAD'),
      await get('/files/hello.txt'),
    ];
    expect(head.status).toBe(200);
    expect(head.text).toBe('');
    expect({ ...head.headers, date: '' }).toEqual({
      ...whole.headers,
      date: '',
    });
  });

  it.each(['GET', 'HEAD'])(
    'leaves a disposition of the application without a file name as it is, for %s',
    async (method) => {
      const { status, headers } = await get('/nameless', {}, method);
      expect(status).toBe(200);
      expect(headers['content-disposition']).toBe('attachment');
    },
  );

  it('sends an empty file', async () => {
    const { status, headers, text } = await get('/files/empty.txt');
    expect([status, headers['content-length'], text]).toEqual([200, '0', '']);
  });

  it('sends generated content of unknown size in chunks', async () => {
    const { headers, text } = await get('/never-modified');
    expect(text).toBe('Hello');
    expect(headers['transfer-encoding']).toBe('chunked');
    expect(headers).not.toHaveProperty('content-length');
    expect(headers['cache-control']).toBe('private, no-cache, no-transform');
  });

  it('never sends a Last-Modified of the future', async () => {
    const { headers } = await get('/files/future.txt');
    expect(Date.parse(headers['last-modified'] ?? '')).toBeLessThanOrEqual(
      Date.parse(headers.date ?? ''),
    );
  });

  it.each([
    ['page.html', 'attachment', 'text/html; charset=utf-8'],
    ['drawing.svg', 'attachment', 'image/svg+xml'],
    ['photo.png', 'inline', 'image/png'],
    ['paper.pdf', 'inline', 'application/pdf'],
    ['hello.txt', 'inline', 'text/plain; charset=utf-8'],
    ['archive.tar.gz', 'attachment', 'application/gzip'],
    ['unknown.zzz', 'attachment', 'application/octet-stream'],
  ])('asked for inline, %s goes out as %s', async (name, disposition, type) => {
    const { headers } = await get(`/inline/${name}`);
    expect(headers['content-disposition']).toMatch(
      new RegExp(`^${disposition}; filename="${name}"`),
    );
    expect(headers['content-type']).toBe(type);
    expect(headers).not.toHaveProperty('content-encoding');
  });

  describe('If-Modified-Since', () => {
    it.each([
      ['the very second', LAST_MODIFIED],
      ['later', 'Sun, 02 Mar 2025 10:00:00 GMT'],
      ['the obsolete form of RFC 850', 'Saturday, 01-Mar-25 10:00:00 GMT'],
    ])('of %s is 304 without the file’s own headers', async (_, date) => {
      const { status, headers, text } = await get('/files/hello.txt', {
        'If-Modified-Since': date,
      });
      expect([status, text]).toEqual([304, '']);
      expect(headers['cache-control']).toBe('private, no-cache, no-transform');
      for (const name of [
        'content-length',
        'content-type',
        'content-disposition',
        'transfer-encoding',
      ]) {
        expect(headers).not.toHaveProperty(name);
      }
    });

    it.each([
      ['earlier', BEFORE],
      ['not a date', 'yesterday'],
      ['a bare year', '2099'],
    ])('of %s is 200', async (_, date) => {
      expect(
        (await get('/files/hello.txt', { 'If-Modified-Since': date })).status,
      ).toBe(200);
    });

    it('holds for HEAD', async () => {
      const answer = await get(
        '/files/hello.txt',
        { 'If-Modified-Since': LAST_MODIFIED },
        'HEAD',
      );
      expect(answer.status).toBe(304);
      expect(answer.headers).not.toHaveProperty('content-length');
    });

    it('asks wasModifiedSince() of the controller', async () => {
      const headers = { 'If-Modified-Since': LAST_MODIFIED };
      expect((await get('/never-modified', headers)).status).toBe(304);
      expect((await get('/never-modified')).status).toBe(200);
      expect((await get('/always-modified', headers)).status).toBe(200);
    });

    it('gives way to If-None-Match', async () => {
      const since = { 'If-Modified-Since': LAST_MODIFIED };
      const other = await get('/tagged', { ...since, 'If-None-Match': '"v2"' });
      expect(other.status).toBe(200);
      const same = await get('/tagged', {
        ...since,
        'If-None-Match': 'W/"v1"',
      });
      expect([same.status, same.headers.etag]).toEqual([304, '"v1"']);
    });
  });

  it('lets the application’s own headers stand, but not those that disarm a file or offload it', async () => {
    const { headers } = await get('/own-headers');
    expect(headers['cache-control']).toBe('public, max-age=60');
    expect(headers['content-disposition']).toBe(
      'attachment; filename="mine.txt"',
    );
    expect(headers['content-security-policy']).toBe(
      "sandbox; default-src 'none'",
    );
    expect(headers).not.toHaveProperty('x-accel-redirect');
  });

  it('keeps shared caches out where a cookie is set', async () => {
    const { headers } = await get('/cookie');
    expect(headers['set-cookie']).toEqual(['a=b']);
    expect(headers['cache-control']).toBe('private, max-age=5, no-transform');
  });

  it('sends further headers, before its own', async () => {
    const { headers } = await get('/option-headers');
    expect(headers['content-language']).toBe('fr');
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(headers['content-security-policy']).toBe("default-src 'self'");
  });

  it('keeps a connection alive over whole answers', async () => {
    const app: INestApplication = running.app;
    expect(app).toBeDefined();
    const { headers } = await get('/files/hello.txt', {
      Connection: 'keep-alive',
    });
    expect(headers.connection).toBe('keep-alive');
  });
});
