import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import fastifyCompress from '@fastify/compress';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication, Req } from '@nestjs/common';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import compression from 'compression';
import session from 'express-session';
import helmet from 'helmet';
import {
  ContentFile,
  Download,
  MemoryStorage,
  PathDownloadController,
  StorageDownloadController,
  VirtualFile,
} from 'nestjs-downloadview';

import {
  type Adapter,
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { httpRequest } from '../support/clients/http-client.js';
import { KeptConnection } from '../support/clients/kept-connection.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { parseMultipart } from '../unit/http/parse-multipart.js';

/** Well above the sizes below which compression keeps away. */
const TEXT = Buffer.from('The same line of text.\n'.repeat(20_000));
const GZIP = { 'Accept-Encoding': 'gzip' };
const LINES = Array.from({ length: 5000 }, (_, i) => `line ${i}\n`);

const COMPRESSION: Record<Adapter, (app: INestApplication) => unknown> = {
  express: (app) =>
    (app as NestExpressApplication).use(compression({ threshold: 0 })),
  fastify: (app) =>
    (app as NestFastifyApplication).register(fastifyCompress, {
      global: true,
      threshold: 0,
    }),
};

describe.each(ADAPTERS)('Behind compression on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let running: RunningApplication;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const root = directory.path;
    await directory.write('file.txt', TEXT);
    await directory.write('small.txt', 'small');
    const memory = new MemoryStorage();
    await memory.save('file.txt', TEXT);

    @Controller()
    class OtherController {
      @Get('content')
      @Download()
      content() {
        return new ContentFile(TEXT, { name: 'file.txt', etag: 'content-1' });
      }

      @Get('sized')
      @Download()
      sized() {
        return new VirtualFile(() => [TEXT], {
          name: 'file.txt',
          size: TEXT.length,
          etag: 'sized-1',
        });
      }

      @Get('own-cache-control')
      @Download({ cacheControl: 'public, max-age=60' })
      ownCacheControl() {
        return new ContentFile(TEXT, { name: 'file.txt' });
      }

      @Get('generated')
      @Download({ cacheControl: 'private, no-cache' })
      generated() {
        return new VirtualFile(() => LINES, { name: 'lines.txt' });
      }

      @Get('generated-by-default')
      @Download()
      generatedByDefault() {
        return new VirtualFile(() => LINES, { name: 'lines.txt' });
      }

      @Get('failing')
      @Download({ cacheControl: 'private, no-cache' })
      failing() {
        return new VirtualFile(
          function* () {
            yield* LINES;
            throw new Error('no more of /srv/secret');
          },
          { name: 'lines.txt' },
        );
      }

      @Get('failing-at-once')
      @Download({ cacheControl: 'private, no-cache' })
      failingAtOnce() {
        return new VirtualFile(
          // eslint-disable-next-line require-yield
          function* (): Generator<string> {
            throw new Error('nothing at all of /srv/secret');
          },
          { name: 'lines.txt' },
        );
      }

      @Get('failing-sized')
      @Download()
      failingSized() {
        return new VirtualFile(
          function* () {
            yield TEXT;
            throw new Error('no more of /srv/secret');
          },
          { name: 'file.txt', size: 2 * TEXT.length },
        );
      }

      @Get('page')
      page() {
        return { text: TEXT.toString() };
      }
    }

    running = await startApplication(adapter, {
      controllers: [
        PathDownloadController.asController('files/*path', { root }),
        StorageDownloadController.asController('memory/*path'),
        OtherController,
      ],
      options: { storages: { default: memory } },
      configure: COMPRESSION[adapter],
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
  ) =>
    httpRequest(running.origin, path, {
      method,
      headers: { ...GZIP, ...headers },
    });

  it('compresses what is no download', async () => {
    const { headers, body } = await get('/page');
    expect(headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(body).length).toBeGreaterThan(TEXT.length);
  });

  describe.each([
    ['/files/file.txt'],
    ['/memory/file.txt'],
    ['/content'],
    ['/sized'],
    ['/own-cache-control'],
  ])('a file of known size, %s,', (path) => {
    it('goes out as it is, with its length and its strong tag', async () => {
      const plain = await httpRequest(running.origin, path);
      const { status, headers, body } = await get(path);
      expect([status, body.equals(TEXT)]).toEqual([200, true]);
      expect(headers).not.toHaveProperty('content-encoding');
      expect(headers['content-length']).toBe(String(TEXT.length));
      expect(headers.etag).toBe(plain.headers.etag);
      expect(headers['cache-control']).toContain('no-transform');
    });

    it('has on HEAD the length of the GET', async () => {
      const { status, headers, text } = await get(path, {}, 'HEAD');
      expect([status, text]).toEqual([200, '']);
      expect(headers['content-length']).toBe(String(TEXT.length));
      expect(headers).not.toHaveProperty('content-encoding');
    });
  });

  it.each([['/files/file.txt'], ['/memory/file.txt'], ['/content']])(
    'ranges are of the bytes of the file: %s',
    async (path) => {
      const one = await get(path, { Range: 'bytes=1000-200000' });
      expect(one.status).toBe(206);
      expect(one.headers).not.toHaveProperty('content-encoding');
      expect(one.headers['content-length']).toBe('199001');
      expect(one.body.equals(TEXT.subarray(1000, 200_001))).toBe(true);

      const two = await get(path, { Range: 'bytes=0-99999,200000-299999' });
      expect(two.headers['content-length']).toBe(String(two.body.length));
      const parts = parseMultipart(two.headers['content-type'] ?? '', two.body);
      expect(parts.map(({ body }) => body.length)).toEqual([100_000, 100_000]);
      expect(parts[1]?.body.equals(TEXT.subarray(200_000, 300_000))).toBe(true);
    },
  );

  it('conditions hold, and 304, 412 and 416 stay what they are', async () => {
    const path = '/files/file.txt';
    const { headers } = await get(path);
    const etag = headers.etag ?? '';
    const same = await get(path, { 'If-None-Match': etag });
    expect([same.status, same.headers.etag, same.text]).toEqual([
      304,
      etag,
      '',
    ]);
    const other = await get(path, { 'If-Match': '"other"' });
    expect(other.status).toBe(412);
    const beyond = await get(path, { Range: 'bytes=9999999-' });
    expect(beyond.status).toBe(416);
    expect(beyond.headers['content-range']).toBe(`bytes */${TEXT.length}`);
    const rest = await get(path, { 'If-Range': etag, Range: 'bytes=-5' });
    expect([rest.status, rest.text]).toEqual([206, 'ext.\n']);
  });

  it.each([['/generated'], ['/generated-by-default']])(
    'generated text of unknown size arrives whole: %s',
    async (path) => {
      const { status, headers, body } = await get(path);
      const isCompressed = headers['content-encoding'] === 'gzip';
      expect(status).toBe(200);
      expect((isCompressed ? gunzipSync(body) : body).toString()).toBe(
        LINES.join(''),
      );
      expect(headers).not.toHaveProperty('content-length');
    },
  );

  it('generated text is compressed where Cache-Control lets it be', async () => {
    const { headers } = await get('/generated');
    expect(headers['content-encoding']).toBe('gzip');
    expect(headers.vary).toMatch(/accept-encoding/i);
  });

  it('generated text on HEAD has no body and no length', async () => {
    const { status, headers, text } = await get('/generated', {}, 'HEAD');
    expect([status, text]).toEqual([200, '']);
    expect(headers).not.toHaveProperty('content-length');
  });

  it('one connection stays in frame', async () => {
    const kept = new KeptConnection(running.port);
    // No HEAD of the first: Node's client gives up a connection after one without a length.
    for (const [method, path] of [
      ['GET', '/generated'],
      ['GET', '/files/file.txt'],
      ['HEAD', '/files/file.txt'],
      ['GET', '/memory/file.txt'],
      ['HEAD', '/memory/file.txt'],
    ] as const) {
      await kept.send(path, { method, headers: GZIP });
      const small = await kept.send('/files/small.txt', { headers: GZIP });
      expect(small.text).toBe('small');
    }
    expect(kept.connections).toBe(1);
    kept.close();
  });

  it.each([['/failing'], ['/failing-sized']])(
    'a source that fails after the headers never looks complete: %s',
    async (path) => {
      const client = connect(running.port, '127.0.0.1');
      client.write(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Encoding: gzip\r\n\r\n`,
      );
      const received: Buffer[] = [];
      client.on('data', (chunk: Buffer) => received.push(chunk));
      client.on('error', () => undefined);
      await new Promise((resolve) => client.once('close', resolve));
      const text = Buffer.concat(received).toString('latin1');
      // While compression has not sent anything, it can still be an error.
      const isError = text.startsWith('HTTP/1.1 500 ');
      expect(isError || !/\r\n0\r\n\r\n$/.test(text)).toBe(true);
      expect(text).not.toContain('secret');
      expect((await get('/files/small.txt')).text).toBe('small');
    },
  );

  it('a source that fails before its first byte never looks like an empty file', async () => {
    const answer = await get('/failing-at-once').catch(() => undefined);
    if (!answer) return;
    expect(answer.status).toBe(500);
    expect(answer.headers).not.toHaveProperty('content-disposition');
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('a file that is truncated while it is sent never looks complete', async () => {
    const path = join(directory.path, 'shrinking.txt');
    await writeFile(path, Buffer.alloc(32 * 1024 * 1024, 'x'));
    const client = connect(running.port, '127.0.0.1');
    client.write(
      'GET /files/shrinking.txt HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n',
    );
    let received = 0;
    client.on('error', () => undefined);
    client.once('data', () => {
      client.pause();
      void writeFile(path, 'short').then(() => client.resume());
    });
    client.on('data', (chunk: Buffer) => (received += chunk.length));
    await new Promise((resolve) => client.once('close', resolve));
    expect(received).toBeLessThan(32 * 1024 * 1024);
  });
});

describe.each(ADAPTERS)('Beside helmet on %s', (adapter) => {
  let running: RunningApplication;

  beforeAll(async () => {
    @Controller()
    class HelmetController {
      @Get('file')
      @Download()
      file() {
        return new ContentFile('text', { name: 'file.txt', etag: 'v1' });
      }

      @Get('image')
      @Download({ attachment: false })
      image() {
        return new ContentFile(Buffer.from('x'), { name: 'image.png' });
      }

      @Get('page')
      page() {
        return 'page';
      }
    }
    running = await startApplication(adapter, {
      controllers: [HelmetController],
      configure: (app) => app.use(helmet()),
    });
  });

  afterAll(() => running.close());

  it.each([
    ['GET', '/file', {}, "sandbox; default-src 'none'"],
    ['HEAD', '/file', {}, "sandbox; default-src 'none'"],
    ['GET', '/file', { Range: 'bytes=0-1' }, "sandbox; default-src 'none'"],
    ['GET', '/file', { 'If-None-Match': '*' }, "sandbox; default-src 'none'"],
    [
      'GET',
      '/image',
      {},
      "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    ],
  ])(
    'the file’s own policy stands alone: %s %s %j',
    async (method, path, headers, policy) => {
      const answer = await httpRequest(running.origin, path, {
        method,
        headers: headers,
      });
      const lines = answer.rawHeaders.filter(
        (name) => name.toLowerCase() === 'content-security-policy',
      );
      expect(lines).toHaveLength(1);
      expect(answer.headers['content-security-policy']).toBe(policy);
      expect(answer.headers).toHaveProperty('strict-transport-security');
    },
  );

  it.each([
    ['a page', '/page', {}],
    ['no page', '/nowhere', {}],
    ['an error of a download', '/file', { 'If-Match': '"other"' }],
  ])('helmet’s policy stays on %s', async (_, path, headers) => {
    const answer = await httpRequest(running.origin, path, {
      headers: headers,
    });
    expect(answer.headers['content-security-policy']).toContain(
      "default-src 'self'",
    );
  });
});

describe('Beside express-session', () => {
  let running: RunningApplication;

  beforeAll(async () => {
    interface Visited {
      readonly session: { visits?: number };
    }

    @Controller()
    class SessionController {
      @Get('file')
      @Download({ cacheControl: 'public, s-maxage=60, max-age=5' })
      file(@Req() { session }: Visited) {
        session.visits = (session.visits ?? 0) + 1;
        return new ContentFile(`visit ${session.visits}`, {
          name: 'file.txt',
          etag: 'v1',
        });
      }

      @Get('default')
      @Download()
      byDefault(@Req() { session }: Visited) {
        session.visits = 1;
        return new ContentFile('text', { name: 'file.txt' });
      }
    }
    running = await startApplication('express', {
      controllers: [SessionController],
      configure: (app) =>
        app.use(
          session({ secret: 'x', resave: false, saveUninitialized: true }),
        ),
    });
  });

  afterAll(() => running.close());

  it.each([
    ['GET', {}],
    ['HEAD', {}],
    ['GET', { Range: 'bytes=0-1' }],
    ['GET', { 'If-None-Match': '"v1"' }],
  ])(
    'an answer that sets a cookie is for nobody else: %s %j',
    async (method, headers) => {
      const answer = await httpRequest(running.origin, '/file', {
        method,
        headers: headers,
      });
      expect(answer.headers['set-cookie']).toHaveLength(1);
      expect(answer.headers['cache-control']).toMatch(/\bprivate\b/);
      expect(answer.headers['cache-control']).not.toMatch(/public|s-maxage/);
    },
  );

  it('the session is kept from one download to the next', async () => {
    const first = await httpRequest(running.origin, '/file');
    const [cookie = ''] = first.headers['set-cookie'] ?? [];
    const second = await httpRequest(running.origin, '/file', {
      headers: { Cookie: cookie.split(';')[0] ?? '' },
    });
    expect([first.text, second.text]).toEqual(['visit 1', 'visit 2']);
    expect(second.headers['cache-control']).toMatch(/^public, s-maxage=60/);
  });

  it('the default is private anyway', async () => {
    const { headers } = await httpRequest(running.origin, '/default');
    expect(headers['cache-control']).toBe('private, no-cache, no-transform');
  });
});
