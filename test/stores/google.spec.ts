import {
  createHash,
  createVerify,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto';
import { type IncomingMessage, type ServerResponse } from 'node:http';

import { type Bucket, Storage } from '@google-cloud/storage';
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
  FileChangedError,
  FileNotFoundError,
  InvalidOptionsError,
  nginx,
  ObjectDownloadController,
  redirect,
  StorageDownloadController,
  SuspiciousPathError,
} from 'nestjs-downloadview';
import {
  GoogleCloudStorage,
  type GoogleCloudStorageOptions,
} from 'nestjs-downloadview/gcs';
import { storageContract } from 'nestjs-downloadview/testing';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { textOf } from '../support/clients/bytes-of.js';
import { CountingProxy } from '../support/stores/counting-proxy.js';
import { httpRequest } from '../support/clients/http-client.js';
import { RawClient } from '../support/clients/raw-client.js';
import { RemoteOrigin } from '../support/servers/remote-origin.js';
import {
  describeWithServers,
  startGoogleEmulator,
  type StoreServer,
} from '../support/stores/store-servers.js';

const TEXT = '0123456789';
const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
});
const SIGNER = 'tests@demo.iam.gserviceaccount.com';

function bucketAt(endpoint: string, name = 'media'): Bucket {
  const storage = new Storage({
    apiEndpoint: endpoint,
    projectId: 'demo',
    retryOptions: { autoRetry: false, maxRetries: 0 },
    credentials: {
      client_email: SIGNER,
      private_key: privateKey
        .export({ type: 'pkcs8', format: 'pem' })
        .toString(),
    },
  });
  return storage.bucket(name);
}

/** The emulator reads over ifGenerationMatch: it is heeded in front of it. */
function heedsGenerations(): (
  request: IncomingMessage,
  response: ServerResponse,
) => boolean {
  const taken = new Set<string>();
  return ({ method, url = '' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://store');
    const name = searchParams.get('name');
    if (method === 'DELETE') {
      taken.delete(decodeURIComponent(pathname.split('/').at(-1) ?? ''));
    }
    if (method !== 'POST' || name === null) return false;
    if (searchParams.get('ifGenerationMatch') === '0' && taken.has(name)) {
      response
        .writeHead(412, { 'Content-Type': 'application/json' })
        .end('{"error":{"code":412,"message":"conditionNotMet"}}');
      return true;
    }
    taken.add(name);
    return false;
  };
}

describeWithServers('GoogleCloudStorage on the emulator', () => {
  let server: StoreServer;
  let proxy: CountingProxy;
  let bucket: Bucket;

  beforeAll(async () => {
    server = await startGoogleEmulator();
    proxy = await CountingProxy.start(server.endpoint);
    proxy.instead = heedsGenerations();
    bucket = bucketAt(proxy.endpoint);
  }, 60_000);

  afterAll(async () => {
    await proxy.close();
    await server.stop();
  });

  describe('keeps the rules', () => {
    let prefix = '';
    const createStorage = (): GoogleCloudStorage => {
      prefix = randomBytes(6).toString('hex');
      return new GoogleCloudStorage({ bucket, prefix });
    };
    const rules = storageContract(createStorage, {
      replace: (_, key, content) =>
        bucket.file(`${prefix}/${key}`).save(content, { resumable: false }),
    });
    for (const { name, check } of rules) {
      // The emulator gives the whole for a range that there is not: recorded answers below.
      if (!name.startsWith('says the size where')) it(name, check);
    }
  });

  describe.each(ADAPTERS)('through a controller on %s', (adapter) => {
    let running: RunningApplication;
    let storage: GoogleCloudStorage;
    let tag = '';

    beforeAll(async () => {
      storage = new GoogleCloudStorage({ bucket, prefix: adapter });
      const hosts = [proxy.host];
      const cache = { directory: '/var/cache/download', size: '1g' };
      const backends = {
        sent: nginx({ remote: { hosts } }),
        kept: nginx({ remote: { hosts, cache } }),
        redirected: redirect({ hosts }),
      };
      running = await startApplication(adapter, {
        options: { storages: { default: storage } },
        controllers: [
          StorageDownloadController.asController('files/*path'),
          ...Object.entries(backends).map(([name, backend]) =>
            StorageDownloadController.asController(`${name}/*path`, {
              backend,
            }),
          ),
          ObjectDownloadController.asController('rows/:id', {
            repository: {
              findOne: () =>
                Promise.resolve({ id: 1, file: 'a.txt', tag: 'row' }),
            },
            etagField: 'tag',
            backend: backends.sent,
          }),
        ],
      });
      await storage.save('a.txt', TEXT);
      tag = (await storage.stat('a.txt')).etag ?? '';
    });

    beforeEach(() => void proxy.take());
    afterAll(() => running.close());

    it.each<
      [
        what: string,
        headers: () => Record<string, string>,
        status: number,
        text: string,
        at: string[],
      ]
    >([
      ['all of it', () => ({}), 200, TEXT, ['GET 200']],
      ['a range', () => ({ Range: 'bytes=2-5' }), 206, '2345', ['GET 206']],
      ['its end', () => ({ Range: 'bytes=-3' }), 206, '789', ['GET 206']],
      ['its tag', () => ({ 'If-None-Match': tag }), 304, '', ['GET 200']],
      [
        'If-Range that holds',
        () => ({ Range: 'bytes=2-5', 'If-Range': tag }),
        206,
        '2345',
        ['GET 206'],
      ],
      [
        'If-Range with another tag',
        () => ({ Range: 'bytes=2-5', 'If-Range': '"1"' }),
        200,
        TEXT,
        ['GET 206', 'GET 200'],
      ],
      [
        'several ranges',
        () => ({ Range: 'bytes=0-1,5-6' }),
        206,
        expect.stringContaining('\r\n\r\n56\r\n') as unknown as string,
        ['GET 200', 'GET 206', 'GET 206'],
      ],
    ])('gives %s', async (_, headers, status, text, at) => {
      const answer = await httpRequest(running.origin, '/files/a.txt', {
        headers: headers(),
      });
      expect(answer).toMatchObject({ status, text });
      expect(answer.headers.etag).toBe(tag);
      expect(proxy.take()).toEqual(at);
    });

    it('has the generation for its tag', () => {
      expect(tag).toMatch(/^"\d+"$/);
    });

    it.each<[path: string, field: string]>([
      ['/sent/a.txt', 'x-accel-redirect'],
      ['/rows/1', 'x-accel-redirect'],
      ['/redirected/a.txt', 'location'],
    ])(
      'binds the address that %s leads to, since Google knows no generation by If-Match',
      async (path, field) => {
        const { headers } = await httpRequest(running.origin, path);

        expect(headers[field]).toContain(`generation=${tag.slice(1, -1)}`);
        expect(headers).not.toHaveProperty('x-download-version');
      },
    );

    it('leaves to nginx nothing to be kept, whose slices a condition would bind', async () => {
      const { text, headers } = await httpRequest(
        running.origin,
        '/kept/a.txt',
      );

      expect(headers).not.toHaveProperty('x-accel-redirect');
      expect(text).toBe(TEXT);
    });

    it('is 404 where it is missing', async () => {
      const { status } = await httpRequest(running.origin, '/files/no.txt');
      expect(status).toBe(404);
    });

    it('cuts the connection where the store breaks off', async () => {
      const { instead } = proxy;
      proxy.instead = (request, response) => {
        if (request.method !== 'GET') return false;
        response.writeHead(200, {
          'x-goog-generation': tag.slice(1, -1),
          'Content-Length': TEXT.length,
        });
        response.write(TEXT.slice(0, 4), () => response.destroy());
        return true;
      };
      const client = await RawClient.connect(running.port);
      await client.send({ path: '/files/a.txt' });
      const { bytes, code } = await client.end();
      proxy.instead = instead;

      expect(bytes.toString()).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\n0123$/);
      expect(code).toBe('ECONNRESET');
    });

    it('is 503 where the store breaks off what it says of the object', async () => {
      const { instead } = proxy;
      proxy.instead = (request, response) => {
        if (request.method !== 'GET') return false;
        response.writeHead(200, {
          'Content-Type': 'application/json; charset=utf-8',
          'Content-Length': 100,
        });
        response.write('{"size":', () => response.destroy());
        return true;
      };
      const { status } = await httpRequest(running.origin, '/files/a.txt', {
        method: 'HEAD',
      });
      proxy.instead = instead;

      expect(status).toBe(503);
    });

    it('hands on what is coded as it is', async () => {
      await bucket.file(`${adapter}/a.gz`).save(TEXT, {
        resumable: false,
        metadata: { contentEncoding: 'gzip' },
      });
      expect(await storage.stat('a.gz')).toMatchObject({ encoding: 'gzip' });
      expect(await textOf(await storage.open('a.gz'))).toBe(TEXT);
    });

    it('sends what is long as it comes, under a name that nobody else has', async () => {
      const key = await storage.save('long.bin', Buffer.alloc(9 * 2 ** 20));
      expect(key).toMatch(/^long_[\w-]+\.bin$/);
      expect(await storage.stat(key)).toMatchObject({ size: 9 * 2 ** 20 });
    });
  });
});

describe('GoogleCloudStorage', () => {
  let origin: RemoteOrigin;
  let storage: GoogleCloudStorage;

  beforeEach(async () => {
    origin = await RemoteOrigin.start();
    storage = new GoogleCloudStorage({
      bucket: bucketAt(`http://${origin.host}`),
    });
  });
  afterEach(() => origin.close());

  const JSON_TYPE = { 'Content-Type': 'application/json' };
  const errorOf = (code: number, message: string): string =>
    JSON.stringify({ error: { code, message, errors: [{ message }] } });

  it('puts a new object only where there is none', async () => {
    // What the library holds against the bytes that it sent.
    origin.sends(200, JSON_TYPE, '{"crc32c":"wdBDMA=="}');
    await storage.save('a.txt', 'a');
    const [{ url }] = origin.requests;
    const { searchParams } = new URL(url, 'http://store');
    expect(searchParams.get('ifGenerationMatch')).toBe('0');
    expect(searchParams.get('name')).toBe('a.txt');
  });

  it('says the size where there is no such range, and gives an empty object whole', async () => {
    for (const [size, status] of [
      [10, 416],
      [0, 200],
    ]) {
      origin.answers((response, { url = '' }) => {
        if (url.includes('alt=media')) {
          response.writeHead(416, JSON_TYPE).end(errorOf(416, 'No such range'));
        } else {
          const facts = { size: String(size), generation: '7' };
          response.writeHead(200, JSON_TYPE).end(JSON.stringify(facts));
        }
      });
      const answer = await storage.request('a.txt', { range: 'bytes=10-' });
      expect(answer).toMatchObject({ status, stat: { size, etag: '"7"' } });
    }
  });

  it('says by generation what it is to have, or has already', async () => {
    const asked: (string | null)[] = [];
    origin.answers((response, { url = '' }) => {
      const { searchParams } = new URL(url, 'http://store');
      asked.push(
        searchParams.get('ifGenerationMatch'),
        searchParams.get('ifGenerationNotMatch'),
      );
      response.writeHead(searchParams.has('ifGenerationMatch') ? 412 : 304);
      response.end();
    });
    const known = await storage.request('a.txt', { ifNoneMatch: 'W/"7"' });
    expect(known).toMatchObject({ status: 304, stat: { etag: '"7"' } });
    const open = storage.open('a.txt', { ifMatch: '"7"' });
    await expect(open).rejects.toBeInstanceOf(FileChangedError);
    expect(asked).toEqual([null, '7', '7', null]);
  });

  it('leaves the downloads of others alone when a client leaves', async () => {
    origin.answers((response) => {
      response.writeHead(200, {
        'x-goog-generation': '7',
        'Content-Length': '10',
      });
      response.write('01234');
    });
    const leave = new AbortController();
    const [left, stays] = [
      await storage.request('a.txt', { signal: leave.signal }),
      await storage.request('a.txt', {}),
    ];
    const gone = new Promise((resolve) => left.stream.on('close', resolve));
    leave.abort();
    await gone;
    const other = storage.request('a.txt', {});
    expect((await other).status).toBe(200);
    expect(stays.stream.errored).toBeNull();
    expect(stays.stream.destroyed).toBe(false);
    for (const { stream } of [stays, await other]) stream.destroy();
  });

  it('reads no other generation than it is asked for', async () => {
    origin.sends(200, { 'x-goog-generation': '8' }, TEXT);
    const open = storage.open('a.txt', { ifMatch: '"7"' });
    await expect(open).rejects.toBeInstanceOf(FileChangedError);
    expect(await textOf(await storage.open('a.txt', { ifMatch: '"8"' }))).toBe(
      TEXT,
    );
  });

  it.each<[number, message: string, reason: string]>([
    [404, 'The specified bucket does not exist.', 'no-bucket'],
    [401, 'Invalid Credentials', 'credentials'],
    [429, 'Rate limit', 'throttled'],
    [503, 'Backend Error', 'throttled'],
    [
      400,
      'invalid_grant: Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe',
      'clock',
    ],
  ])('tells what the store refuses: %d %s', async (status, message, reason) => {
    origin.sends(status, JSON_TYPE, errorOf(status, message));
    await expect(storage.stat('a.txt')).rejects.toMatchObject({ reason });
    await expect(storage.open('a.txt')).rejects.toMatchObject({ reason });
  });

  it('tells what to grant to a role that may not read', async () => {
    origin.sends(403, JSON_TYPE, errorOf(403, 'No access'));
    await expect(storage.stat('a.txt')).rejects.toThrow(FileNotFoundError);
    await expect(storage.stat('a.txt')).rejects.toThrow('storage.objects.get');
  });

  it('tells a store that is not there', async () => {
    const bucket = bucketAt('http://127.0.0.1:1');
    const lost = new GoogleCloudStorage({ bucket });
    for (const call of [() => lost.stat('a.txt'), () => lost.open('a.txt')]) {
      await expect(call()).rejects.toMatchObject({ reason: 'unreachable' });
    }
  });

  it('takes no key with a line end', async () => {
    await expect(storage.stat('a\nb')).rejects.toThrow(SuspiciousPathError);
  });

  it.each<[options: object, name: string]>([
    [{}, 'bucket'],
    [{ bucket: 'media' }, 'bucket'],
    [{ prefix: '../a' }, 'prefix'],
  ])('refuses the options %j', (options, name) => {
    const bucket = bucketAt('http://127.0.0.1:1');
    const given = name === 'bucket' ? options : { bucket, ...options };
    const create = () =>
      new GoogleCloudStorage(given as GoogleCloudStorageOptions);
    expect(create).toThrow(InvalidOptionsError);
    expect(create).toThrow(`"GoogleCloudStorage.${name}"`);
  });

  // The emulator verifies no signature: this is what Google does with one (V4, RSA).
  it('signs addresses that say how the file is called', async () => {
    const address = await storage.temporaryUrl('a b/ü.txt', {
      expiresIn: 60,
      basename: 'Grüße.txt',
      contentType: 'text/plain',
      attachment: true,
      cacheControl: 'private',
    });
    const url = new URL(address);
    const query = [...url.searchParams].filter(
      ([name]) => name !== 'X-Goog-Signature',
    );
    const encoded = (text: string): string =>
      encodeURIComponent(text).replace(
        /[!'()*]/g,
        (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
      );
    const request = [
      'GET',
      url.pathname,
      query
        .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
        .sort()
        .join('&'),
      `host:${url.hostname}\n`,
      'host',
      'UNSIGNED-PAYLOAD',
    ].join('\n');
    const given = Object.fromEntries(query);
    const scope = given['X-Goog-Credential'].replace(`${SIGNER}/`, '');
    const signed = [
      'GOOG4-RSA-SHA256',
      given['X-Goog-Date'],
      scope,
      createHash('sha256').update(request).digest('hex'),
    ].join('\n');
    const signature = url.searchParams.get('X-Goog-Signature') ?? '';
    expect(
      createVerify('RSA-SHA256')
        .update(signed)
        .verify(publicKey, signature, 'hex'),
    ).toBe(true);
    expect(given).toMatchObject({
      'X-Goog-Expires': '60',
      'response-content-type': 'text/plain',
      'response-cache-control': 'private',
      'response-content-disposition': expect.stringContaining(
        "filename*=UTF-8''Gr%C3%BC%C3%9Fe.txt",
      ),
    });
  });
});
