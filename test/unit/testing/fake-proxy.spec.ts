import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';

import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
} from '@jest/globals';
import { Controller, type INestApplication } from '@nestjs/common';
import {
  apache,
  caddy,
  type DownloadBackend,
  FileSystemStorage,
  InvalidOptionsError,
  lighttpd,
  nginx,
  PathDownloadController,
  StorageDownloadController,
} from 'nestjs-downloadview';
import {
  fakeProxy,
  type FakeProxy,
  type FakeProxyOptions,
  type ProxiedApplication,
} from 'nestjs-downloadview/testing';

import { ADAPTERS, createApplication } from '../../support/application.js';
import { httpRequest } from '../../support/clients/http-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';

@Controller('media/*path')
class MediaController extends StorageDownloadController {}

const DESTINATION = '/_offload/';

describe('fakeProxy()', () => {
  let directory: TemporaryDirectory;
  let root: string;
  let rules: { sourceDir: string; destination: string }[];
  const closing: (() => unknown)[] = [];

  beforeAll(async () => {
    directory = await temporaryDirectory();
    root = `${directory.path}/files`;
    rules = [{ sourceDir: root, destination: DESTINATION }];
    await directory.write('files/a b.txt', '0123456789');
    await directory.write('copy/a b.txt', 'of the copy');
  });

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  afterAll(() => directory.remove());

  async function application(
    backend: DownloadBackend,
    adapter: (typeof ADAPTERS)[number][0] = 'express',
    baseUrl?: string,
  ): Promise<INestApplication> {
    const app = await createApplication(adapter, {
      options: {
        backend,
        storages: { default: new FileSystemStorage({ root, baseUrl }) },
      },
      controllers: [
        MediaController,
        // Every server judges the conditions of such a file.
        PathDownloadController.asController('plain/*path', { root }),
      ],
    });
    closing.push(() => app.close());
    return app;
  }

  async function proxied(
    app: ProxiedApplication,
    options: FakeProxyOptions,
  ): Promise<FakeProxy> {
    const proxy = await fakeProxy(app, options);
    closing.push(() => proxy.close());
    return proxy;
  }

  async function listening(server: Server): Promise<Server> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => {
      server.close();
      server.closeAllConnections();
    });
    return server;
  }

  const isListening = (app: INestApplication): boolean =>
    (app.getHttpServer() as Server).listening;

  describe.each(ADAPTERS)('before an application on %s', (adapter) => {
    it('has one listen that does not, and only for itself', async () => {
      const app = await application(nginx({ rules }), adapter);

      const proxy = await fakeProxy(app, { server: 'nginx', rules });
      const answer = await httpRequest(proxy.url, '/media/a%20b.txt');
      await proxy.close();

      expect(answer).toMatchObject({ status: 200, text: '0123456789' });
      expect(proxy.offloads).toEqual(['/_offload/a%20b.txt']);
      expect(isListening(app)).toBe(false);
      await expect(httpRequest(proxy.url, '/')).rejects.toThrow('ECONNREFUSED');
    });

    it('leaves one that listens alone', async () => {
      const app = await application(nginx({ rules }), adapter);
      await app.listen(0, '127.0.0.1');

      const proxy = await fakeProxy(app, { server: 'nginx', rules });
      await httpRequest(proxy.url, '/media/a%20b.txt');
      await proxy.close();

      expect(proxy.offloads).toHaveLength(1);
      expect(isListening(app)).toBe(true);
    });

    it('is closed after the application, too, and twice', async () => {
      const app = await application(nginx({ rules }), adapter);
      const proxy = await fakeProxy(app, { server: 'nginx', rules });

      await app.close();
      await proxy.close();
      await proxy[Symbol.asyncDispose]();

      await expect(httpRequest(proxy.url, '/')).rejects.toThrow('ECONNREFUSED');
    });
  });

  it.each<[string, (origin: string, server: Server) => ProxiedApplication]>([
    ['its HTTP server', (_, server) => server],
    ['its address', (origin) => origin],
    ['its URL', (origin) => new URL(origin)],
    [
      'the name of the machine',
      (origin) => origin.replace(/\/[\d.]+/, '/localhost'),
    ],
  ])('takes an application by %s', async (_, by) => {
    const server = await listening(
      createServer((_, answer) => answer.end('a')),
    );
    const { port } = server.address() as AddressInfo;

    const given = by(`http://127.0.0.1:${port}`, server);
    const proxy = await proxied(given, { server: 'nginx', rules });

    expect((await httpRequest(proxy.url, '/')).text).toBe('a');
  });

  it.each([
    ['another protocol', 'https://127.0.0.1'],
    ['no address', 'here'],
    ['nothing', undefined],
    ['a server that encrypts', createSecureServer()],
    ['an object', {}],
  ])('refuses %s for an application', async (_, application) => {
    const options = { server: 'nginx', rules } as const;

    await expect(
      fakeProxy(application as ProxiedApplication, options),
    ).rejects.toThrow(InvalidOptionsError);
  });

  it.each([
    ['no options', undefined, 'fakeProxy'],
    ['no server', {}, 'fakeProxy.server'],
    ['another server', { server: 'iis' }, 'fakeProxy.server'],
    ['no rules', { server: 'nginx' }, 'rules'],
    [
      'a relative rule',
      { server: 'lighttpd', rules: [{ sourceDir: 'a' }] },
      'rules[0].sourceDir',
    ],
    [
      'no location',
      { server: 'nginx', rules: [{ sourceDir: '/a' }] },
      'rules[0].destination',
    ],
    [
      'no encoding',
      { server: 'apache', rules: [{ sourceDir: '/a' }] },
      'fakeProxy.pathEncoding',
    ],
    ['no encoding', { server: 'caddy' }, 'fakeProxy.pathEncoding'],
    [
      'an encoding where there is but one',
      { server: 'lighttpd', pathEncoding: 'raw' },
      'fakeProxy.pathEncoding',
    ],
    [
      'an option of backends',
      { server: 'nginx', charset: 'utf-8' },
      'fakeProxy.charset',
    ],
  ])('refuses %s', async (_, options, option) => {
    await expect(
      fakeProxy('http://127.0.0.1', options as FakeProxyOptions),
    ).rejects.toMatchObject({ code: 'INVALID_OPTIONS', option });
  });

  it.each<[string, () => DownloadBackend, () => FakeProxyOptions]>([
    [
      'Apache that decodes',
      () => apache({ rules: [{ sourceDir: root }], pathEncoding: 'percent' }),
      () => ({
        server: 'apache',
        rules: [{ sourceDir: root }],
        pathEncoding: 'percent',
      }),
    ],
    [
      'Apache that does not',
      () => apache({ rules: [{ sourceDir: root }], pathEncoding: 'raw' }),
      () => ({
        server: 'apache',
        rules: [{ sourceDir: root }],
        pathEncoding: 'raw',
      }),
    ],
    [
      'lighttpd',
      () => lighttpd({ rules: [{ sourceDir: root }] }),
      () => ({ server: 'lighttpd', rules: [{ sourceDir: root }] }),
    ],
    [
      'Caddy that decodes',
      () => caddy({ rules, pathEncoding: 'percent' }),
      () => ({ server: 'caddy', rules, pathEncoding: 'percent' }),
    ],
    [
      'Caddy that does not',
      () => caddy({ rules, pathEncoding: 'raw' }),
      () => ({ server: 'caddy', rules, pathEncoding: 'raw' }),
    ],
  ])('sends as %s', async (_, backend, options) => {
    const proxy = await proxied(await application(backend()), options());
    const path = '/plain/a%20b.txt';

    const whole = await httpRequest(proxy.url, path);
    const etag = whole.headers.etag ?? '';
    const part = await httpRequest(proxy.url, path, {
      headers: { Range: 'bytes=2-3', 'If-Range': etag },
    });
    const known = await httpRequest(proxy.url, path, {
      headers: { 'If-None-Match': etag },
    });

    expect(whole).toMatchObject({ status: 200, text: '0123456789' });
    expect(part).toMatchObject({ status: 206, text: '23' });
    expect(known).toMatchObject({ status: 304, text: '' });
    expect(proxy.offloads.length).toBeGreaterThanOrEqual(2);
    for (const { rawHeaders } of [whole, part, known]) {
      expect(rawHeaders.join()).not.toMatch(/x-sendfile|x-accel/i);
      expect(rawHeaders.join()).not.toContain(root);
    }
  });

  it('tells the tag of the application where Caddy takes it', async () => {
    const backend = caddy({ rules, pathEncoding: 'percent' });
    const app = await application(backend);
    const proxy = await proxied(app, {
      server: 'caddy',
      rules,
      pathEncoding: 'percent',
    });
    const path = '/media/a%20b.txt';

    const { headers } = await httpRequest(proxy.url, path);
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    const head = await httpRequest(`http://127.0.0.1:${port}`, path, {
      method: 'HEAD',
    });

    expect(headers.etag).toBe(head.headers.etag);
  });

  it('reads where the server sees the directory, where that exists here', async () => {
    const elsewhere = [
      { ...rules[0], destinationDir: `${directory.path}/copy` },
    ];
    const app = await application(nginx({ rules: elsewhere }));

    const proxy = await proxied(app, { server: 'nginx', rules: elsewhere });

    const { text } = await httpRequest(proxy.url, '/media/a%20b.txt');
    expect(text).toBe('of the copy');
  });

  it('reads the source of a directory that only the server has', async () => {
    const elsewhere = [{ sourceDir: root, destinationDir: '/mnt/elsewhere/' }];
    const app = await application(lighttpd({ rules: elsewhere }));

    const proxy = await proxied(app, { server: 'lighttpd', rules: elsewhere });

    const { text } = await httpRequest(proxy.url, '/media/a%20b.txt');
    expect(text).toBe('0123456789');
    expect(proxy.offloads).toEqual(['/mnt/elsewhere/a%20b.txt']);
  });

  it('finds what the application names by its URL', async () => {
    const byUrl = [
      { sourceUrl: '/m/', destination: DESTINATION, destinationDir: root },
    ];
    const app = await application(nginx({ rules: byUrl }), 'express', '/m/');

    const proxy = await proxied(app, { server: 'nginx', rules: byUrl });

    const { text } = await httpRequest(proxy.url, '/media/a%20b.txt');
    expect(text).toBe('0123456789');
    expect(proxy.offloads).toEqual(['/_offload/a%20b.txt']);
  });

  it('answers 404 where no rule has what it is told', async () => {
    const app = await application(nginx({ rules }));
    const other = [{ sourceDir: root, destination: '/_other/' }];

    const proxy = await proxied(app, { server: 'nginx', rules: other });

    const answer = await httpRequest(proxy.url, '/media/a%20b.txt');
    expect(answer.status).toBe(404);
    expect(proxy.offloads).toEqual(['/_offload/a%20b.txt']);
  });

  describe('between a client and any application', () => {
    it('passes the request on as servers do, and nothing by which they are told files', async () => {
      const server = await listening(
        createServer(({ method, url, headers }, answer) => {
          answer.end(JSON.stringify({ method, url, headers }));
        }),
      );
      const proxy = await proxied(server, { server: 'nginx', rules });

      const { text } = await httpRequest(proxy.url, '/a%2Fb//c?d=%20', {
        headers: {
          Host: 'files.example',
          'X-Own': '1',
          'X-Sendfile': '/etc/passwd',
          'X-Accel-Redirect': '/_offload/a',
          'X-Forwarded-For': '10.0.0.1',
          'X-Forwarded-Proto': 'https',
        },
      });

      const received = JSON.parse(text);
      expect(received).toMatchObject({
        method: 'GET',
        url: '/a%2Fb//c?d=%20',
        headers: {
          host: 'files.example',
          'x-own': '1',
          'x-forwarded-for': '10.0.0.1, 127.0.0.1',
          'x-forwarded-proto': 'http',
        },
      });
      expect(received.headers).not.toHaveProperty('x-sendfile');
      expect(received.headers).not.toHaveProperty('x-accel-redirect');
    });

    it('passes bodies on in both directions', async () => {
      const server = await listening(
        createServer((request, answer) => {
          answer.writeHead(201, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']);
          request.pipe(answer);
        }),
      );
      const proxy = await proxied(server, {
        server: 'apache',
        rules: [{ sourceDir: root }],
        pathEncoding: 'raw',
      });
      const body = Buffer.alloc(1_000_000, 'abc');

      const answer = await httpRequest(proxy.url, '/', { method: 'PUT', body });

      expect(answer.status).toBe(201);
      expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
      expect(answer.body.equals(body)).toBe(true);
    });

    it('answers 502 where the application does not', async () => {
      const server = await listening(
        createServer((request) => request.socket.destroy()),
      );
      const proxy = await proxied(server, { server: 'nginx', rules });

      expect((await httpRequest(proxy.url, '/')).status).toBe(502);
    });

    it('cuts what the application cuts', async () => {
      const server = await listening(
        createServer((request, answer) => {
          answer.write('half', () => request.socket.destroy());
        }),
      );
      const proxy = await proxied(server, { server: 'nginx', rules });

      await expect(httpRequest(proxy.url, '/')).rejects.toThrow(
        /aborted|hang up|ECONNRESET/,
      );
    });

    it('leaves the application when the client leaves', async () => {
      const server = await listening(createServer());
      const proxy = await proxied(server, { server: 'nginx', rules });
      const asked = once(server, 'request') as Promise<unknown[]>;
      const client = connect(Number(new URL(proxy.url).port), '127.0.0.1');
      client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const [, answer] = await asked;
      const left = once(answer as ServerResponse, 'close');

      client.destroy();

      await left;
    });
  });
});
