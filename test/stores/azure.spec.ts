import { randomBytes } from 'node:crypto';

import {
  BlobServiceClient,
  type ContainerClient,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
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
  FileNotFoundError,
  InvalidOptionsError,
  nginx,
  StorageDownloadController,
  StorageUnavailableError,
  SuspiciousPathError,
} from 'nestjs-downloadview';
import {
  AzureBlobStorage,
  type AzureBlobStorageOptions,
} from 'nestjs-downloadview/azure';
import { storageContract } from 'nestjs-downloadview/testing';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import {
  type Site,
  startBehindNginx,
} from '../support/servers/behind-nginx.js';
import { textOf } from '../support/clients/bytes-of.js';
import { CountingProxy } from '../support/stores/counting-proxy.js';
import { describeWith } from '../support/describe-with.js';
import { httpRequest } from '../support/clients/http-client.js';
import { RawClient } from '../support/clients/raw-client.js';
import { RemoteOrigin } from '../support/servers/remote-origin.js';
import {
  describeWithServers,
  startAzurite,
  type StoreServer,
} from '../support/stores/store-servers.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const ACCOUNT = 'test';
const KEY = Buffer.from('the key of the tests').toString('base64');
const TEXT = '0123456789';

function serviceAt(endpoint: string, key = KEY): BlobServiceClient {
  const credential = new StorageSharedKeyCredential(ACCOUNT, key);
  return new BlobServiceClient(`${endpoint}/${ACCOUNT}`, credential, {
    retryOptions: { maxTries: 1 },
  });
}

describeWithServers('AzureBlobStorage on Azurite', () => {
  let server: StoreServer;
  let proxy: CountingProxy;
  let container: ContainerClient;

  beforeAll(async () => {
    server = await startAzurite();
    proxy = await CountingProxy.start(server.endpoint);
    container = serviceAt(proxy.endpoint).getContainerClient('media');
    await container.create();
  }, 60_000);

  afterAll(async () => {
    await proxy.close();
    await server.stop();
  });

  describe('keeps the rules', () => {
    let prefix = '';
    const createStorage = (): AzureBlobStorage => {
      prefix = randomBytes(6).toString('hex');
      return new AzureBlobStorage({ container, prefix });
    };
    const rules = storageContract(createStorage, {
      replace: async (_, key, content) => {
        const blob = container.getBlockBlobClient(`${prefix}/${key}`);
        await blob.upload(content, Buffer.byteLength(content));
      },
    });
    for (const { name, check } of rules) it(name, check);
  });

  describe.each(ADAPTERS)('through a controller on %s', (adapter) => {
    let running: RunningApplication;
    let storage: AzureBlobStorage;
    let tag = '';

    beforeAll(async () => {
      storage = new AzureBlobStorage({ container, prefix: adapter });
      running = await startApplication(adapter, {
        options: { storages: { default: storage } },
        controllers: [StorageDownloadController.asController('files/*path')],
      });
      await storage.save('a.txt', TEXT);
      await storage.save('empty.txt', '');
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
      ['all as a range', () => ({ Range: 'bytes=0-' }), 206, TEXT, ['GET 200']],
      [
        'its end',
        () => ({ Range: 'bytes=-3' }),
        206,
        '789',
        ['HEAD 200', 'GET 206'],
      ],
      ['its tag', () => ({ 'If-None-Match': tag }), 304, '', ['GET 304']],
      [
        'its weak tag',
        () => ({ 'If-None-Match': `W/${tag}` }),
        304,
        '',
        ['GET 304'],
      ],
      [
        'If-Range that holds',
        () => ({ Range: 'bytes=2-5', 'If-Range': tag }),
        206,
        '2345',
        ['GET 206'],
      ],
      [
        'If-Range with another tag',
        () => ({ Range: 'bytes=2-5', 'If-Range': '"other"' }),
        200,
        TEXT,
        ['GET 412', 'GET 200'],
      ],
      [
        'several ranges',
        () => ({ Range: 'bytes=0-1,5-6' }),
        206,
        expect.stringContaining('\r\n\r\n56\r\n') as unknown as string,
        ['HEAD 200', 'GET 206', 'GET 206'],
      ],
    ])('gives %s', async (_, headers, status, text, at) => {
      const answer = await httpRequest(running.origin, '/files/a.txt', {
        headers: headers(),
      });
      expect(answer).toMatchObject({ status, text });
      expect(proxy.take()).toEqual(at);
    });

    it.each(['bytes=0-', 'bytes=-5', 'bytes=3-'])(
      'gives an empty file for %s of one',
      async (range) => {
        const answer = await httpRequest(running.origin, '/files/empty.txt', {
          headers: { Range: range },
        });
        expect(answer).toMatchObject({ status: 200, text: '' });
      },
    );

    it('answers HEAD by one HEAD', async () => {
      const { headers } = await httpRequest(running.origin, '/files/a.txt', {
        method: 'HEAD',
      });
      expect(headers).toMatchObject({ etag: tag, 'content-length': '10' });
      expect(proxy.take()).toEqual(['HEAD 200']);
    });

    it('sends what is long in blocks, under a name that nobody else has', async () => {
      const long = Buffer.alloc(20 * 2 ** 20, 'a');
      const key = await storage.save('long.bin', long);
      expect(key).toMatch(/^long_[\w-]+\.bin$/);
      expect(proxy.take()).toEqual(Array(4).fill('PUT 201'));
      expect(await storage.stat(key)).toMatchObject({ size: long.length });
    });

    it('has addresses that say how the file is called', async () => {
      const address = await storage.temporaryUrl('a.txt', {
        expiresIn: 60,
        basename: 'Grüße.txt',
        contentType: 'application/octet-stream',
        attachment: true,
        cacheControl: 'private',
      });
      const answer = await fetch(address);
      expect(await answer.text()).toBe(TEXT);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-type': 'application/octet-stream',
        'cache-control': 'private',
        'content-disposition': expect.stringContaining('Gr%C3%BC%C3%9Fe.txt'),
      });
      const changed = address.replace('octet-stream', 'x-other');
      expect((await fetch(changed)).status).toBe(403);
    });

    it('cuts the connection where the store breaks off', async () => {
      proxy.instead = (request, response) => {
        if (request.method !== 'GET') return false;
        response.writeHead(200, { ETag: tag, 'Content-Length': TEXT.length });
        response.write(TEXT.slice(0, 4), () => response.destroy());
        return true;
      };
      const client = await RawClient.connect(running.port);
      await client.send({ path: '/files/a.txt' });
      const { bytes, code } = await client.end();
      proxy.instead = () => false;

      expect(bytes.toString()).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\n0123$/);
      expect(code).toBe('ECONNRESET');
    });

    it('hands on what is coded as it is', async () => {
      await container
        .getBlockBlobClient(`${adapter}/a.gz`)
        .upload(TEXT, TEXT.length, {
          blobHTTPHeaders: { blobContentEncoding: 'gzip' },
        });
      expect(await storage.stat('a.gz')).toMatchObject({ encoding: 'gzip' });
      expect(await textOf(await storage.open('a.gz'))).toBe(TEXT);
    });
  });

  describeWith(['nginx'], 'behind nginx, which asks it itself', () => {
    const LONG = randomBytes(5000);
    let directory: TemporaryDirectory;
    let site: Site;
    let storage: AzureBlobStorage;

    beforeAll(async () => {
      directory = await temporaryDirectory();
      storage = new AzureBlobStorage({ container, prefix: 'behind' });
      await storage.save("it's a+b %2F.bin", LONG);
      const hosts = [proxy.host];
      const cache = {
        directory: `${directory.path}/cache`,
        size: '10m',
        slice: 1024,
      };
      site = await startBehindNginx('fastify', {
        // The printed configuration is the same for both.
        backend: nginx({ remote: { hosts, cache } }),
        options: { storages: { default: storage } },
        controllers: [
          StorageDownloadController.asController('kept/*path'),
          StorageDownloadController.asController('passed/*path', {
            backend: nginx({ remote: { hosts } }),
          }),
        ],
      });
    });

    beforeEach(() => void proxy.take());
    afterAll(async () => {
      await site.stop();
      await directory.remove();
    });

    it.each([
      ['passed', ['HEAD 200', 'GET 206']],
      // 1,000 to 1,999 are in two slices.
      ['kept', ['HEAD 200', 'GET 206', 'GET 206']],
    ])('gives a range, and the whole, as it is %s', async (way, at) => {
      const path = `/${way}/${encodeURIComponent("it's a+b %2F.bin")}`;
      const { etag = '' } = await storage.stat("it's a+b %2F.bin");
      proxy.take();
      const part = await site.through(path, {
        headers: { Range: 'bytes=1000-1999', 'If-Range': etag },
      });
      expect(proxy.take()).toEqual(at);
      const whole = await site.through(path);
      const anew = await site.through(path, {
        headers: { Range: 'bytes=1000-1999', 'If-Range': '"other"' },
      });

      expect(part.status).toBe(206);
      expect(part.body).toEqual(LONG.subarray(1000, 2000));
      for (const { status, body, headers } of [whole, anew]) {
        expect(status).toBe(200);
        expect(body).toEqual(LONG);
        expect(headers.etag).toBe(etag);
      }
    });
  });

  it.each(['a\\b', 'a./b', 'a.', '...'])(
    'refuses %s, for which Azure takes another key',
    async (key) => {
      const storage = new AzureBlobStorage({ container });
      for (const call of [
        () => storage.stat(key),
        () => storage.save(key, 'a'),
      ]) {
        await expect(call()).rejects.toBeInstanceOf(SuspiciousPathError);
      }
    },
  );

  it('tells a container that there is not', async () => {
    const lost = serviceAt(server.endpoint).getContainerClient('lost');
    const storage = new AzureBlobStorage({ container: lost });
    for (const call of [
      () => storage.stat('a.txt'),
      () => storage.open('a.txt'),
      () => storage.save('a.txt', 'a'),
    ]) {
      await expect(call()).rejects.toBeInstanceOf(StorageUnavailableError);
      await expect(call()).rejects.toMatchObject({ reason: 'no-bucket' });
    }
  });
});

describe('AzureBlobStorage', () => {
  let origin: RemoteOrigin;
  let storage: AzureBlobStorage;

  beforeEach(async () => {
    origin = await RemoteOrigin.start();
    const service = serviceAt(`http://${origin.host}`);
    const container = service.getContainerClient('media');
    storage = new AzureBlobStorage({ container });
  });
  afterEach(() => origin.close());

  const errorOf = (code: string, detail = ''): string =>
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${detail}</Message></Error>`;

  it.each<[number, code: string, detail: string, reason: string]>([
    [403, 'AuthenticationFailed', 'Request date header too old', 'clock'],
    [403, 'AuthenticationFailed', 'Signature did not match', 'credentials'],
    [503, 'ServerBusy', '', 'throttled'],
    [500, 'OperationTimedOut', '', 'timed-out'],
  ])(
    'tells what the store refuses: %d %s %s',
    async (status, code, detail, reason) => {
      const headers = {
        'Content-Type': 'application/xml',
        'x-ms-error-code': code,
      };
      origin.sends(status, headers, errorOf(code, detail));
      await expect(storage.open('a.txt')).rejects.toMatchObject({ reason });
    },
  );

  it('tells what to grant to a role that may not read', async () => {
    const code = 'AuthorizationPermissionMismatch';
    origin.sends(403, { 'x-ms-error-code': code }, errorOf(code));
    await expect(storage.stat('a.txt')).rejects.toThrow(FileNotFoundError);
    await expect(storage.stat('a.txt')).rejects.toThrow(
      'Storage Blob Data Reader',
    );
  });

  it('tells a store that is not there', async () => {
    const service = serviceAt('http://127.0.0.1:1');
    const lost = new AzureBlobStorage({
      container: service.getContainerClient('media'),
    });
    await expect(lost.stat('a.txt')).rejects.toMatchObject({
      reason: 'unreachable',
    });
  });

  it.each<[options: object, name: string]>([
    [{}, 'container'],
    [{ container: 'media' }, 'container'],
    [{ prefix: '../a' }, 'prefix'],
  ])('refuses the options %j', (options, name) => {
    const container = serviceAt('http://127.0.0.1:1').getContainerClient('a');
    const given = name === 'container' ? options : { container, ...options };
    const create = () => new AzureBlobStorage(given as AzureBlobStorageOptions);
    expect(create).toThrow(InvalidOptionsError);
    expect(create).toThrow(`"AzureBlobStorage.${name}"`);
  });

  it('signs by a key of its role, asked for once, where it has none of the account', async () => {
    const asked: string[] = [];
    const value = Buffer.from('delegated').toString('base64');
    const until = new Date(Date.now() + 7 * 86_400_000).toISOString();
    const credential = {
      getToken: () =>
        Promise.resolve({ token: 'token', expiresOnTimestamp: Infinity }),
    };
    // A token goes over TLS alone.
    const service = new BlobServiceClient(
      `https://${ACCOUNT}.example`,
      credential,
      {
        httpClient: {
          sendRequest(request) {
            asked.push(request.url);
            return Promise.resolve({
              request,
              status: 200,
              headers: request.headers.clone(),
              bodyAsText: `<?xml version="1.0"?><UserDelegationKey><SignedOid>o</SignedOid><SignedTid>t</SignedTid><SignedStart>2026-01-01T00:00:00Z</SignedStart><SignedExpiry>${until}</SignedExpiry><SignedService>b</SignedService><SignedVersion>2022-11-02</SignedVersion><Value>${value}</Value></UserDelegationKey>`,
            });
          },
        },
      },
    );
    const container = service.getContainerClient('media');
    const delegated = new AzureBlobStorage({ container, service });
    for (const expiresIn of [60, 3600]) {
      const address = await delegated.temporaryUrl('a b.txt', { expiresIn });
      const { pathname, searchParams } = new URL(address);
      expect(pathname).toBe('/media/a%20b.txt');
      expect(searchParams.get('sp')).toBe('r');
      expect(searchParams.get('skoid')).toBe('o');
    }
    expect(asked).toHaveLength(1);
  });
});
