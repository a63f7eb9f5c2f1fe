import { createServer as createTlsServer } from 'node:https';

import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
} from '@jest/globals';
import { Controller, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import {
  Download,
  DownloadResponse,
  type FileStat,
  HttpFile,
  nginx,
  ObjectDownloadController,
  PathDownloadController,
  StorageDownloadController,
  StorageFile,
} from 'nestjs-downloadview';

import { ADAPTERS } from '../support/application.js';
import {
  type Site,
  startBehindNginx,
} from '../support/servers/behind-nginx.js';
import {
  type Certificate,
  certificateFor,
} from '../support/servers/certificates.js';
import { describeWith } from '../support/describe-with.js';
import { fieldLines, fieldNames } from '../support/clients/http-fields.js';
import {
  type HttpAnswer,
  httpRequest,
} from '../support/clients/http-client.js';
import { startNameServer } from '../support/servers/name-server.js';
import {
  ASTRAY,
  SigningStore,
  type StoreAnswer,
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
  'a+b.txt',
  '100%.txt',
  '%2F%2B%00.txt',
  'a?b&c=d#e;f.txt',
  `it's "a" (b)!*.txt`,
  'a\\b|c^d`{e}[f].txt',
  'Gr\u00F6\u00DFe \u65E5\u672C \u{1F600}.txt',
  'line\nend\r\nX-Injected: 1',
  'a HTTP/1.1\r\nHost: evil.example\r\n\r\n',
  '\u0001\u007F.txt',
  '~-._.txt',
];
/** What a client may not have known at the store. */
const FROM_THE_CLIENT = {
  Authorization: 'Bearer of-the-application',
  Cookie: 'session=1',
  Referer: 'https://app.example/private',
  'X-Forwarded-For': '10.0.0.1',
  'X-Accel-Redirect': '/_offload/other.txt',
  'X-Own': '1',
  'User-Agent': 'a client',
  'Accept-Language': 'de',
  'Accept-Encoding': 'gzip',
};
const BY_STATUS: [status: number, expected: number][] = [
  ...[300, 301, 302, 303, 304, 307, 308].map((status): [number, number] => [
    status,
    502,
  ]),
  ...[400, 401, 403, 405, 409, 418, 429, 451].map(
    (status): [number, number] => [status, 502],
  ),
  ...[500, 501, 502, 503, 520, 599].map((status): [number, number] => [
    status,
    502,
  ]),
  [404, 404],
  [410, 404],
  [504, 504],
  [412, 503],
];

const pathOf = (route: string, key: string): string =>
  `/${route}/${key.split('/').map(encodeURIComponent).join('/')}`;

describeWith(['nginx', 'openssl'], 'files of stores behind nginx', () => {
  describe.each(ADAPTERS)('on %s', (adapter) => {
    let directory: TemporaryDirectory;
    let trusted: Certificate;
    let stores: Record<string, SigningStore>;
    let site: Site;

    async function startTls(certificate: Certificate): Promise<SigningStore> {
      return SigningStore.start({
        scheme: 'https',
        name: 'localhost',
        serverFor: (listener) => createTlsServer(certificate, listener),
      });
    }

    beforeAll(async () => {
      directory = await temporaryDirectory();
      await directory.write('files/other.txt', 'not asked for');
      trusted = await certificateFor('localhost', directory);
      const other = await certificateFor('other.example', directory);
      stores = {
        store: await SigningStore.start(),
        named: await SigningStore.start({ name: 'localhost' }),
        unlisted: await SigningStore.start(),
        tls: await startTls(trusted),
        'other-tls': await startTls(other),
        closed: await SigningStore.start(),
      };
      stores.closed.close();
      const { store } = stores;
      for (const { storage } of Object.values(stores)) {
        await storage.save('a.txt', CONTENT);
      }
      for (const key of KEYS.slice(1)) await store.storage.save(key, CONTENT);

      @Controller()
      class FileController {
        @Get('presented')
        presented(@Res({ passthrough: true }) response: PassedThrough) {
          response.header('Set-Cookie', 'app=1; Path=/');
          return new DownloadResponse(new StorageFile(store.storage, 'a.txt'), {
            basename: 'photo.png',
            attachment: false,
            headers: { 'Content-Language': 'de', Vary: 'Cookie' },
          });
        }

        @Get('text')
        text() {
          return new DownloadResponse(new StorageFile(store.storage, 'a.txt'), {
            contentType: 'text/csv',
            charset: 'utf-8',
          });
        }

        @Get('http')
        @Download({ basename: 'by-url.txt' })
        async http() {
          const url = await store.storage.temporaryUrl('a.txt', {
            expiresIn: 60,
          });
          return new HttpFile(url, { allowedHosts: [store.host] });
        }

        @Get('http-with-limit')
        @Download()
        async httpWithLimit() {
          const url = await store.storage.temporaryUrl('a.txt', {
            expiresIn: 60,
          });
          return new HttpFile(url, { allowedHosts: [store.host], maxSize: 9 });
        }

        @Get('coded')
        coded() {
          return new DownloadResponse(new StorageFile(store.storage, 'a.txt'), {
            encoding: 'br',
          });
        }

        @Get('of-unknown-size')
        @Download()
        ofUnknownSize() {
          const file = new StorageFile(store.storage, 'a.txt');
          return Object.defineProperty(file, 'stat', {
            value: (): FileStat => ({}),
          });
        }

        @Get('changed')
        changed() {
          return new DownloadResponse(new StorageFile(store.storage, 'a.txt'), {
            wasModifiedSince: () => true,
          });
        }

        @Post('export')
        @HttpCode(200)
        @Download()
        export() {
          return new StorageFile(store.storage, 'a.txt');
        }

        @Get('by-hand')
        byHand(@Res({ passthrough: true }) response: PassedThrough) {
          const [, port] = stores.named.host.split(':');
          response.header(
            'X-Accel-Redirect',
            `/_remote/http/localhost?:${port}/a.txt`,
          );
          return '';
        }

        @Get('astray/:way')
        @Download()
        astray(@Param('way') way: string) {
          const file = new StorageFile(store.storage, 'a.txt');
          return Object.defineProperty(file, 'temporaryUrl', {
            value: async () => {
              const address = await store.storage.temporaryUrl('a.txt', {
                expiresIn: 60,
              });
              return ASTRAY[way](new URL(address), store.host);
            },
          });
        }
      }

      site = await startBehindNginx(adapter, {
        backend: nginx({
          rules: [
            {
              sourceDir: `${directory.path}/files`,
              destination: '/_offload/',
            },
          ],
          remote: {
            hosts: [
              'localhost',
              ...Object.values(stores)
                .filter((one) => one !== stores.unlisted)
                .map(({ host }) => host),
            ],
            certificates: trusted.path,
          },
        }),
        options: {
          storages: Object.fromEntries(
            Object.entries(stores).map(([name, { storage }]) => [
              name,
              storage,
            ]),
          ),
        },
        controllers: [
          FileController,
          ...Object.keys(stores).map((name) =>
            StorageDownloadController.asController(`${name}/*path`, {
              storage: name,
            }),
          ),
          ObjectDownloadController.asController('rows/:id', {
            repository: {
              findOne: () =>
                Promise.resolve({ id: 1, file: 'a.txt', tag: 'row-1' }),
            },
            storage: 'store',
            etagField: 'tag',
          }),
          PathDownloadController.asController('files/*path', {
            root: `${directory.path}/files`,
          }),
        ],
      });
    });

    afterEach(() => {
      for (const store of Object.values(stores)) {
        store.answerInstead = undefined;
        store.requests.length = 0;
      }
    });

    afterAll(async () => {
      await site.stop();
      for (const store of Object.values(stores)) store.close();
      await directory.remove();
    });

    /** Asks nginx, whatever it answers. */
    function ask(
      path: string,
      headers?: Record<string, string>,
      method?: string,
      body?: string,
    ): Promise<HttpAnswer> {
      return httpRequest(site.nginx.origin, path, { method, headers, body });
    }

    function expectNothingOfTheStore(answer: HttpAnswer): void {
      const all = [...answer.rawHeaders, answer.text].join('\n');
      expect(all).not.toContain(STORE_SECRET);
      expect(all).not.toContain('<Error>');
      expect(all).not.toContain('signature');
    }

    it.each(KEYS)('brings %j, whose address is signed', async (key) => {
      const answer = await ask(pathOf('store', key));

      expect(answer).toMatchObject({ status: 200, text: CONTENT });
      expect(stores.store.requests).toHaveLength(1);
      expectNothingOfTheStore(answer);
    });

    it.each(KEYS)(
      'asks for %j with every byte as it was signed',
      async (key) => {
        const { headers } = await site.direct(pathOf('store', key));
        await ask(pathOf('store', key));

        const location = String(headers['x-accel-redirect']);
        const prefix = `/_remote/http/${stores.store.host}?`;
        expect(location.slice(0, prefix.length)).toBe(prefix);
        const unsigned = (target: string): string =>
          target.replace(/(?:expires|signature)=\w+/g, '');
        expect(
          stores.store.requests.map(({ target }) => unsigned(target)),
        ).toEqual([unsigned(location.slice(prefix.length))]);
      },
    );

    it('tells the store nothing of the client', async () => {
      await ask('/store/a.txt', FROM_THE_CLIENT);
      await ask('/store/a.txt', { ...FROM_THE_CLIENT, 'If-None-Match': '"1"' });

      for (const { method, headers } of stores.store.requests) {
        expect(method).toBe('GET');
        expect([...headers].sort()).toEqual([
          'Accept-Encoding',
          'Connection',
          'Host',
        ]);
      }
    });

    it('tells the store which range is asked for, and of which file', async () => {
      const { headers } = await ask('/store/a.txt');

      await ask('/store/a.txt', {
        ...FROM_THE_CLIENT,
        Range: 'bytes=0-1',
        'If-Range': headers.etag ?? '',
      });

      expect([...(stores.store.requests.at(-1)?.headers ?? [])].sort()).toEqual(
        ['Accept-Encoding', 'Connection', 'Host', 'Range'],
      );
    });

    it('presents the file as the application says', async () => {
      const answer = await ask('/presented');

      for (const [name, value] of Object.entries({
        'content-type': 'image/png',
        'content-disposition': `inline; filename="photo.png"; filename*=UTF-8''photo.png`,
        'cache-control': 'private, no-cache, no-transform',
        'content-security-policy':
          "sandbox; default-src 'none'; style-src 'unsafe-inline'",
        'x-content-type-options': 'nosniff',
        'content-language': 'de',
        'set-cookie': 'app=1; Path=/',
        vary: 'Cookie',
      })) {
        expect([name, fieldLines(answer, name)]).toEqual([name, [value]]);
      }
    });

    it('names the charset of a text once', async () => {
      const { headers } = await ask('/text');

      expect(headers['content-type']).toBe('text/csv; charset=utf-8');
    });

    it('has no field of the store but those of the bytes', async () => {
      expect(fieldNames(await ask('/store/a.txt'))).toEqual([
        'accept-ranges',
        'cache-control',
        'connection',
        'content-disposition',
        'content-length',
        'content-security-policy',
        'content-type',
        'date',
        'etag',
        'last-modified',
        'server',
        'x-content-type-options',
      ]);
    });

    it.each([
      ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
      ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ])('brings %s by %i', async (range, status, text, told) => {
      const answer = await ask('/presented', { Range: range });

      expect(answer).toMatchObject({
        status,
        text,
        headers: { 'content-range': told, 'content-type': 'image/png' },
      });
    });

    it('goes on with the file of the tag', async () => {
      const { headers } = await ask('/store/a.txt', {}, 'HEAD');
      const { etag = '' } = headers;

      expect(
        await ask('/store/a.txt', { Range: 'bytes=5-', 'If-Range': etag }),
      ).toMatchObject({ status: 206, text: '56789' });
      expect(
        await ask('/store/a.txt', { Range: 'bytes=5-', 'If-Range': '"old"' }),
      ).toMatchObject({ status: 200, text: CONTENT });
    });

    it('answers a range behind the end with 416, the size, and nothing of the store', async () => {
      const answer = await ask('/store/a.txt', { Range: 'bytes=10-' });

      expect(answer).toMatchObject({
        status: 416,
        headers: { 'content-range': 'bytes */10' },
      });
      expectNothingOfTheStore(answer);
    });

    it('sends several ranges itself', async () => {
      const { status, headers, text } = await ask('/presented', {
        Range: 'bytes=0-1,-2',
      });

      expect(status).toBe(206);
      expect(headers['content-type']).toMatch(/^multipart\/byteranges/);
      expect(text).toMatch(/bytes 0-1\/10\s+01\s[^]*bytes 8-9\/10\s+89\s/);
      expect(stores.store.requests).toEqual([]);
    });

    it.each(['/store/a.txt', '/rows/1', '/http'])(
      'answers HEAD itself, with what GET says: %s',
      async (path) => {
        const get = await ask(path);
        stores.store.requests.length = 0;
        const head = await ask(path, {}, 'HEAD');

        for (const name of [
          'content-type',
          'content-disposition',
          'content-length',
          'etag',
          'last-modified',
        ]) {
          expect([name, fieldLines(head, name)]).toEqual([
            name,
            fieldLines(get, name),
          ]);
        }
        expect(head).toMatchObject({ status: 200, text: '' });
      },
    );

    it.each([
      ['/store/a.txt', 'If-None-Match', '*', 304],
      ['/store/a.txt', 'If-None-Match', '"another"', 200],
      ['/store/a.txt', 'If-Match', '"another"', 412],
      ['/store/a.txt', 'If-Match', '*', 200],
      [
        '/store/a.txt',
        'If-Unmodified-Since',
        'Sat, 01 Jan 2000 00:00:00 GMT',
        412,
      ],
      [
        '/store/a.txt',
        'If-Modified-Since',
        'Fri, 01 Jan 2100 00:00:00 GMT',
        304,
      ],
      ['/changed', 'If-Modified-Since', 'Fri, 01 Jan 2100 00:00:00 GMT', 200],
      ['/rows/1', 'If-None-Match', '"row-1"', 304],
      ['/rows/1', 'If-Match', '"row-1"', 200],
    ])('answers %s with %s: %s by %i', async (path, name, value, status) => {
      const answer = await ask(path, { [name]: value });

      expect(answer.status).toBe(status);
      expect(stores.store.requests).toHaveLength(status === 200 ? 1 : 0);
    });

    it.each(BY_STATUS)(
      'makes %i of the store a %i, and tells nothing of it',
      async (status, expected) => {
        const instead: StoreAnswer = {
          status,
          headers: { 'Content-Type': 'application/xml' },
          body: `<Error>${STORE_SECRET}</Error>`,
        };
        stores.store.answerInstead = instead;

        const answer = await ask('/store/a.txt');

        expect(answer.status).toBe(expected);
        expect(answer.headers['cache-control']).toContain('no-store');
        expectNothingOfTheStore(answer);
      },
    );

    it('makes a 502 of a store that is not there', async () => {
      const answer = await ask('/closed/a.txt');

      expect(answer.status).toBe(502);
      expectNothingOfTheStore(answer);
    });

    it('cuts the answer where the store does', async () => {
      stores.store.answerInstead = {
        status: 200,
        headers: { 'Content-Length': '10' },
        body: '01234',
        isCut: true,
      };

      await expect(ask('/store/a.txt')).rejects.toThrow();
    });

    it('fetches the file of an HttpFile', async () => {
      const { headers } = await site.direct('/http');
      expect(headers['x-accel-redirect']).toMatch(/^\/_remote\/http\/127/);

      expect(await ask('/http', FROM_THE_CLIENT)).toMatchObject({
        status: 200,
        text: CONTENT,
        headers: {
          'content-disposition': expect.stringContaining(
            'attachment; filename="by-url.txt"',
          ),
        },
      });
    });

    it('keeps to the size that is allowed', async () => {
      expect(await ask('/http-with-limit')).toMatchObject({ status: 502 });
    });

    it('makes a GET without a body of a POST', async () => {
      const answer = await ask(
        '/export',
        { 'Content-Type': 'application/json' },
        'POST',
        '{}',
      );

      expect(answer).toMatchObject({ status: 200, text: CONTENT });
      const [{ method, headers }] = stores.store.requests;
      expect(method).toBe('GET');
      expect(headers).not.toContain('Content-Length');
      expect(headers).not.toContain('Transfer-Encoding');
    });

    it.each(['named', 'tls'])(
      'brings a file of a store with a name: %s',
      async (name) => {
        const answer = await ask(`/${name}/a.txt`);

        expect(answer).toMatchObject({ status: 200, text: CONTENT });
        expect(stores[name].requests).toHaveLength(1);
      },
    );

    it('asks a name server for a store, where one is given', async () => {
      const names = await startNameServer();
      const store = await SigningStore.start({ name: 'store.example' });
      await store.storage.save('a.txt', CONTENT);
      const other = await startBehindNginx(adapter, {
        backend: nginx({
          rules: [{ sourceDir: directory.path, destination: '/_offload/' }],
          remote: { hosts: [store.host], resolver: names.address },
        }),
        options: { storages: { default: store.storage } },
        controllers: [StorageDownloadController.asController('store/*path')],
      });
      try {
        expect(await other.through('/store/a.txt')).toMatchObject({
          status: 200,
          text: CONTENT,
        });
        expect(store.requests).toHaveLength(1);
      } finally {
        await other.stop();
        store.close();
        names.close();
      }
    });

    it('trusts no store whose certificate nobody vouches for', async () => {
      const answer = await ask('/other-tls/a.txt');

      expect(answer.status).toBe(502);
      expect(stores['other-tls'].requests).toEqual([]);
      expectNothingOfTheStore(answer);
    });

    it.each(['/unlisted/a.txt', '/coded', '/of-unknown-size'])(
      'sends %s itself',
      async (path) => {
        const { headers } = await site.direct(path);
        expect(headers).not.toHaveProperty('x-accel-redirect');

        expect(await ask(path)).toMatchObject({ status: 200, text: CONTENT });
        for (const { requests } of Object.values(stores)) {
          expect(requests).toEqual([]);
        }
      },
    );

    it.each(Object.keys(ASTRAY))(
      'sends the file itself where the address has %s',
      async (way) => {
        const path = `/astray/${encodeURIComponent(way)}`;
        const { headers } = await site.direct(path);
        expect(headers).not.toHaveProperty('x-accel-redirect');

        expect(await ask(path)).toMatchObject({ status: 200, text: CONTENT });
      },
    );

    it('asks no other host than its location names', async () => {
      expect(await ask('/by-hand')).toMatchObject({ status: 502 });
      expect(stores.named.requests).toEqual([]);
    });

    it('sends files of a rule as before', async () => {
      expect(await ask('/files/other.txt')).toMatchObject({
        status: 200,
        text: 'not asked for',
      });
    });
  });
});
