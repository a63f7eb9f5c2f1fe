import { randomBytes } from 'node:crypto';

import { PutObjectCommand } from '@aws-sdk/client-s3';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { Controller } from '@nestjs/common';
import {
  apache,
  caddy,
  DownloadController,
  type DownloadFile,
  lighttpd,
  nginx,
  redirect,
  StorageDownloadController,
  StorageFile,
} from 'nestjs-downloadview';
import { S3Storage } from 'nestjs-downloadview/s3';
import { storageContract } from 'nestjs-downloadview/testing';

import { DescribedFile } from '../../lib/files/download-file.js';
import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { CountingProxy } from '../support/stores/counting-proxy.js';
import { describeWith } from '../support/describe-with.js';
import { eventually } from '../support/eventually.js';
import {
  type HttpAnswer,
  httpRequest,
} from '../support/clients/http-client.js';
import { RawClient } from '../support/clients/raw-client.js';
import {
  clientOf,
  type S3Server,
  startSwift,
} from '../support/stores/swift.js';

const RULES = {
  rules: [{ sourceDir: '/srv/media/', destination: '/_offload/' }],
};
const SERVERS = {
  nginx: nginx(RULES),
  apache: apache({
    rules: [{ sourceDir: '/srv/media/' }],
    pathEncoding: 'raw',
  }),
  lighttpd: lighttpd({ rules: [{ sourceDir: '/srv/media/' }] }),
  caddy: caddy({ ...RULES, pathEncoding: 'raw' }),
};
const TEXT = '0123456789';
const DAY = 86_400_000;
const PAST = new Date(Date.now() - DAY).toUTCString();
const FUTURE = new Date(Date.now() + DAY).toUTCString();

describeWith(
  ['swift-proxy-server', 'memcached'],
  'files of a bucket on Swift',
  () => {
    let server: S3Server;
    let proxy: CountingProxy;
    let storage: S3Storage;
    let inPublic: S3Storage;

    beforeAll(async () => {
      server = await startSwift();
      proxy = await CountingProxy.start(server.endpoint);
      const client = clientOf(server, proxy.endpoint);
      const { bucket } = server;
      storage = new S3Storage({ client, bucket, maxSockets: 500 });
      const baseUrl = 'https://media.example/';
      inPublic = new S3Storage({ client, bucket, baseUrl });
      const put = (Key: string, Body: string | Buffer, further = {}) =>
        client.send(
          new PutObjectCommand({ Bucket: bucket, Key, Body, ...further }),
        );
      await put('a.txt', TEXT, { ContentType: 'text/plain; charset=utf-8' });
      await put('empty.txt', Buffer.alloc(0));
      await put('a.gz.txt', TEXT, { ContentEncoding: 'gzip' });
    }, 90_000);

    afterAll(async () => {
      await proxy.close();
      await server.stop();
    });

    describe('by the rules of all storages, but those of conditional writes, which it does not know', () => {
      let prefix = '';
      const createStorage = (): S3Storage => {
        prefix = randomBytes(6).toString('hex');
        const { bucket, endpoint } = server;
        const client = clientOf(server, endpoint);
        return new S3Storage({ client, bucket, prefix, maxSockets: 500 });
      };
      const rules = storageContract(createStorage, {
        suffixes: true,
        replace: async (_, key, content) => {
          const { bucket: Bucket, endpoint } = server;
          const Key = `${prefix}/${key}`;
          await clientOf(server, endpoint).send(
            new PutObjectCommand({ Bucket, Key, Body: content }),
          );
        },
      });
      for (const { name, check } of rules) it(name, check, 30_000);
    });

    describe.each(ADAPTERS)('through a controller on %s', (adapter) => {
      let running: RunningApplication;
      let tag = '';
      let date = '';

      beforeAll(async () => {
        @Controller('described')
        class DescribedController extends DownloadController {
          getFile(): DownloadFile {
            const file = new StorageFile(storage, 'a.txt');
            return new DescribedFile(file, { etag: '"row"' });
          }
        }

        @Controller('hooked')
        class HookedController extends StorageDownloadController {
          override path = 'a.txt';
          override wasModifiedSince(): boolean {
            return false;
          }
        }

        const behind = nginx({
          rules: [{ sourceDir: '/srv/media/', destination: '/_offload/' }],
          remote: { hosts: [proxy.host] },
        });
        running = await startApplication(adapter, {
          options: { storages: { default: storage, public: inPublic } },
          controllers: [
            StorageDownloadController.asController('files/*path'),
            StorageDownloadController.asController('behind/*path', {
              backend: behind,
            }),
            StorageDownloadController.asController('public/*path', {
              storage: 'public',
              backend: SERVERS.nginx,
            }),
            ...Object.entries({
              sent: redirect({ hosts: [proxy.host] }),
              elsewhere: redirect({ hosts: ['store.example'] }),
              kept: nginx({
                remote: {
                  hosts: [proxy.host],
                  cache: { directory: '/var/cache/download', size: '1g' },
                },
              }),
            }).map(([name, backend]) =>
              StorageDownloadController.asController(`${name}/*path`, {
                backend,
              }),
            ),
            ...Object.entries(SERVERS).map(([name, backend]) =>
              StorageDownloadController.asController(`${name}/*path`, {
                backend,
              }),
            ),
            DescribedController,
            HookedController,
          ],
        });
        // A store rounds its dates up, and no answer has a date of the future: until then it would be another.
        const { lastModified } = await storage.stat('a.txt');
        await eventually(true, async () => Date.now() > Number(lastModified));
        const { headers } = await ask('/files/a.txt');
        tag = headers.etag ?? '';
        date = headers['last-modified'] ?? '';
      });

      beforeEach(() => void proxy.take());
      afterAll(() => running.close());

      function ask(
        path: string,
        headers: Record<string, string> = {},
        method = 'GET',
      ): Promise<HttpAnswer> {
        return httpRequest(running.origin, path, { headers, method });
      }

      it('says of it what the store says', async () => {
        const { status, headers, text } = await ask('/files/a.txt');
        expect({ status, text }).toEqual({ status: 200, text: TEXT });
        expect(headers).toMatchObject({
          'content-type': 'text/plain; charset=utf-8',
          'content-length': '10',
          'accept-ranges': 'bytes',
          'content-disposition': expect.stringContaining('filename="a.txt"'),
        });
        expect(headers.etag).toMatch(/^"[0-9a-f]{32}"$/);
        expect(Date.parse(headers['last-modified'] ?? '')).not.toBeNaN();
      });

      it.each<[what: string, headers: () => Record<string, string>]>([
        ['all of it', () => ({})],
        ['a range', () => ({ Range: 'bytes=2-5' })],
        ['its end', () => ({ Range: 'bytes=-3' })],
        ['If-None-Match that fails', () => ({ 'If-None-Match': '"x"' })],
        ['If-Modified-Since that fails', () => ({ 'If-Modified-Since': PAST })],
        [
          'a range, If-Range that holds',
          () => ({ Range: 'bytes=2-5', 'If-Range': tag }),
        ],
      ])('asks the store once for %s', async (_, headers) => {
        const { status, text } = await ask('/files/a.txt', headers());
        const part = { 'bytes=2-5': '2345', 'bytes=-3': '789' }[
          headers().Range
        ];
        const expected = part === undefined ? 200 : 206;
        expect({ status, text }).toEqual({
          status: expected,
          text: part ?? TEXT,
        });
        expect(proxy.take()).toEqual([`GET ${expected}`]);
      });

      it.each([...Object.keys(SERVERS), 'public'])(
        'asks the store once where no rule holds it: %s',
        async (name) => {
          const { text } = await ask(`/${name}/a.txt`);
          expect(text).toBe(TEXT);
          expect(proxy.take()).toEqual(['GET 200']);
        },
      );

      it.each<
        [what: string, headers: () => Record<string, string>, at: string]
      >([
        ['its tag', () => ({ 'If-None-Match': tag }), 'GET 304'],
        ['its weak tag', () => ({ 'If-None-Match': `W/${tag}` }), 'GET 304'],
        [
          'a list with its tag',
          () => ({ 'If-None-Match': `"x", W/${tag}` }),
          'GET 200',
        ],
        ['any tag', () => ({ 'If-None-Match': '*' }), 'GET 200'],
        ['a later date', () => ({ 'If-Modified-Since': FUTURE }), 'GET 304'],
        ['its date', () => ({ 'If-Modified-Since': date }), 'GET 304'],
      ])('is 304 for %s, by one request', async (_, headers, at) => {
        const { status, headers: told } = await ask('/files/a.txt', headers());
        expect(status).toBe(304);
        expect(told.etag).toBe(tag);
        expect(proxy.take()).toEqual([at]);
      });

      it.each<[what: string, ifRange: string, at: string[]]>([
        ['another tag', '"other"', ['GET 412', 'GET 200']],
        ['an older date', PAST, ['GET 412', 'GET 200']],
        ['a later date', FUTURE, ['GET 200']],
        ['a weak tag', 'W/"x"', ['GET 200']],
      ])(
        'is all of it for a range, If-Range with %s',
        async (_, ifRange, at) => {
          const headers = { Range: 'bytes=2-5', 'If-Range': ifRange };
          const { status, text } = await ask('/files/a.txt', headers);
          expect({ status, text }).toEqual({ status: 200, text: TEXT });
          expect(proxy.take()).toEqual(at);
        },
      );

      it.each<[what: string, headers: () => Record<string, string>]>([
        ['If-Match', () => ({ 'If-Match': tag })],
        ['If-Unmodified-Since', () => ({ 'If-Unmodified-Since': FUTURE })],
      ])(
        'describes, and reads that very version, for %s',
        async (_, headers) => {
          expect((await ask('/files/a.txt', headers())).text).toBe(TEXT);
          expect(proxy.requests[1].headers['if-match']).toBe(tag);
          expect(proxy.take()).toEqual(['HEAD 200', 'GET 200']);
        },
      );

      it('is 412 for If-Match with another tag, by HEAD alone', async () => {
        const { status } = await ask('/files/a.txt', { 'If-Match': '"other"' });
        expect(status).toBe(412);
        expect(proxy.take()).toEqual(['HEAD 200']);
      });

      it('has several ranges by one HEAD and a request each', async () => {
        const headers = { Range: 'bytes=0-1,5-6' };
        const { status, text } = await ask('/files/a.txt', headers);
        expect(status).toBe(206);
        expect(text).toContain('\r\n\r\n01\r\n');
        expect(text).toContain('\r\n\r\n56\r\n');
        const versions = proxy.requests
          .slice(1)
          .map(({ headers: { 'if-match': version } }) => version);
        expect(versions).toEqual([tag, tag]);
        expect(proxy.take()).toEqual(['HEAD 200', 'GET 206', 'GET 206']);
      });

      it('says the size for a range beyond its end', async () => {
        const { status, headers } = await ask('/files/a.txt', {
          Range: 'bytes=10-',
        });
        expect(status).toBe(416);
        expect(headers['content-range']).toBe('bytes */10');
        expect(proxy.take()).toEqual(['GET 416', 'HEAD 200']);
      });

      it.each(['bytes=0-', 'bytes=-5'])(
        'is an empty file for %s of one',
        async (range) => {
          const answer = await ask('/files/empty.txt', { Range: range });
          expect(answer).toMatchObject({ status: 200, text: '' });
          expect(answer.headers['content-length']).toBe('0');
          expect(answer.headers['accept-ranges']).toBe('bytes');
        },
      );

      it.each<
        [path: string, headers: () => Record<string, string>, at: string[]]
      >([
        [
          '/behind/a.txt',
          () => ({ Range: 'bytes=0-1,5-6' }),
          ['HEAD 200', 'GET 206', 'GET 206'],
        ],
        [
          '/sent/a.txt',
          () => ({ Range: 'bytes=0-1,5-6' }),
          ['HEAD 200', 'GET 206', 'GET 206'],
        ],
        [
          '/sent/a.txt',
          () => ({ Range: 'bytes=1-2', 'If-Range': '"other"' }),
          ['HEAD 200', 'GET 200'],
        ],
        ['/behind/a.gz.txt', () => ({}), ['HEAD 200', 'GET 200']],
        ['/sent/a.gz.txt', () => ({}), ['HEAD 200', 'GET 200']],
        ['/elsewhere/a.txt', () => ({}), ['HEAD 200', 'GET 200']],
        ['/kept/empty.txt', () => ({}), ['HEAD 200', 'GET 200']],
        ['/kept/a.txt', () => ({ 'If-Match': tag }), ['HEAD 200', 'GET 200']],
      ])(
        'asks no more where it sends %s itself after all: %j',
        async (path, headers, at) => {
          const { status } = await ask(path, headers());
          expect(status).toBeLessThan(300);
          expect(proxy.take()).toEqual(at);
        },
      );

      it.each([
        'files',
        'behind',
        'sent',
        'kept',
        'public',
        ...Object.keys(SERVERS),
      ])('answers HEAD of %s by one HEAD', async (name) => {
        const { status, headers } = await ask(`/${name}/a.txt`, {}, 'HEAD');
        expect(status).toBe(200);
        expect(headers).toMatchObject({ 'content-length': '10', etag: tag });
        expect(proxy.take()).toEqual(['HEAD 200']);
      });

      it('reads by its own version what a row gives a tag', async () => {
        const { headers, text } = await ask('/described');
        expect(text).toBe(TEXT);
        expect(headers.etag).toBe('"row"');
        expect(proxy.requests[1].headers['if-match']).toBe(tag);
        proxy.take();
        const known = await ask('/described', { 'If-None-Match': '"row"' });
        expect(known.status).toBe(304);
        expect(proxy.take()).toEqual(['HEAD 200']);
      });

      it('asks the hook of the controller, not the store, what changed', async () => {
        const headers = { 'If-Modified-Since': PAST };
        expect((await ask('/hooked', headers)).status).toBe(304);
        expect(proxy.take()).toEqual(['HEAD 200']);
      });

      it('hands on what is coded as it is', async () => {
        const { headers, text } = await ask('/files/a.gz.txt');
        expect(headers['content-encoding']).toBe('gzip');
        expect(text).toBe(TEXT);
      });

      it('reads the new version of a file that changes meanwhile', async () => {
        const client = clientOf(server, server.endpoint);
        const { bucket } = server;
        const put = (Body: string) =>
          client.send(
            new PutObjectCommand({ Bucket: bucket, Key: 'new.txt', Body }),
          );
        await put('the old one');
        let isReplaced: Promise<unknown> | undefined;
        proxy.instead = (request, response) => {
          if (request.method !== 'GET' || isReplaced) return false;
          isReplaced = put('the new one').then(() => {
            response.writeHead(412).end();
          });
          return true;
        };
        const headers = { Range: 'bytes=4-6,8-10' };
        const { text } = await ask('/files/new.txt', headers);
        proxy.instead = () => false;
        expect(text).toContain('\r\n\r\nnew\r\n');
        expect(proxy.take()).toEqual([
          'HEAD 200',
          'GET -',
          'HEAD 200',
          'GET 206',
          'GET 206',
        ]);
      });

      it.each(['/files/a.txt', '/described', '/sent/a.gz.txt'])(
        'cuts the connection where the store breaks off: %s',
        async (path) => {
          proxy.instead = (request, response) => {
            if (request.method !== 'GET') return false;
            response.writeHead(200, {
              'Content-Length': TEXT.length,
              ETag: tag,
            });
            response.write(TEXT.slice(0, 4), () => response.destroy());
            return true;
          };
          const client = await RawClient.connect(running.port);
          await client.send({ path });
          const { bytes, code } = await client.end();
          proxy.instead = () => false;

          expect(bytes.toString()).toMatch(/^HTTP\/1\.1 200 /);
          expect(bytes.toString()).toMatch(/\r\n\r\n0123$/);
          expect(code).toBe('ECONNRESET');
        },
      );

      it.each([
        ['missing', '/files/missing.txt', ['GET 404']],
        ['too long', `/files/${'a/'.repeat(600)}b`, []],
      ])('is 404 for a key that is %s', async (_, path, at) => {
        const { status, text } = await ask(path);
        expect(status).toBe(404);
        expect(text).not.toContain(server.bucket);
        expect(proxy.take()).toEqual(at);
      });
    });

    it('has addresses that say how the file is called', async () => {
      const address = await storage.temporaryUrl('a.txt', {
        expiresIn: 60,
        basename: 'Grüße "1".txt',
        contentType: 'application/octet-stream',
        attachment: true,
        cacheControl: 'private, max-age=60',
      });
      const answer = await fetch(address);
      expect(await answer.text()).toBe(TEXT);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-type': 'application/octet-stream',
        'cache-control': 'private, max-age=60',
        'content-disposition': expect.stringMatching(
          /^attachment; filename=".*"; filename\*=UTF-8''Gr%C3%BC%C3%9Fe/,
        ),
      });
      const changed = address.replace('octet-stream', 'x-other');
      expect((await fetch(changed)).status).toBe(403);
    });

    it('signs addresses for the name that clients know the store by', async () => {
      const { bucket } = server;
      const outside = new S3Storage({
        client: clientOf(server, server.endpoint),
        urlClient: clientOf(server, proxy.endpoint),
        bucket,
      });
      const address = await outside.temporaryUrl('a.txt', { expiresIn: 60 });
      expect(new URL(address).host).toBe(proxy.host);
      expect(await (await fetch(address)).text()).toBe(TEXT);
    });
  },
);
