import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';

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
  DownloadController,
  type DownloadFile,
  type DownloadRequest,
  HttpDownloadController,
  HttpFile,
  RemoteFileError,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { httpRequest } from '../../support/clients/http-client.js';

const BYTES = Buffer.from('The remote bytes é\n');

describe('HttpFile', () => {
  it.each([
    ['another host', 'http://evil.example/x'],
    ['another port', 'http://files.example:81/x'],
    ['a subdomain', 'http://a.files.example/x'],
    ['a longer host', 'http://files.example.evil/x'],
    ['credentials', 'http://user:pass@files.example/x'],
    [
      'credentials that look like the host',
      'http://files.example@evil.example/x',
    ],
    ['a file', 'file:///etc/passwd'],
    ['another scheme', 'ftp://files.example/x'],
    ['no URL at all', 'files.example/x'],
  ])('refuses %s', (_, url) => {
    expect(
      () => new HttpFile(url, { allowedHosts: ['files.example'] }),
    ).toThrow(
      expect.objectContaining({
        name: 'RemoteFileError',
        reason: 'not-allowed',
      }),
    );
  });

  it.each([
    ['http://files.example/x', 'files.example'],
    ['http://FILES.example:80/x', 'files.example'],
    ['https://files.example/x', 'files.example:443'],
    ['http://files.example:8080/x', 'files.example:8080'],
    ['http://[::1]:9000/x', '[::1]:9000'],
  ])('takes %s for the host %s', (url, host) => {
    expect(new HttpFile(url, { allowedHosts: [host] }).name).toBe('x');
  });

  it('is named by the last segment of the path, decoded', () => {
    const url = 'http://files.example/a/b%20c%20%C3%A9.txt?v=1';
    expect(new HttpFile(url, { allowedHosts: ['files.example'] }).name).toBe(
      'b c é.txt',
    );
  });

  it('is its name as JSON', () => {
    const file = new HttpFile('http://files.example/a/b.txt?secret=1', {
      allowedHosts: ['files.example'],
    });
    expect(JSON.parse(JSON.stringify(file))).toEqual({ name: 'b.txt' });
  });

  it('is an error with a reason', () => {
    expect(new RemoteFileError('refused', 'no').reason).toBe('refused');
  });
});

describe.each(ADAPTERS)('HttpDownloadController on %s', (adapter) => {
  let remote: Server;
  let origin: string;
  let running: RunningApplication;
  let seen: IncomingMessage[];

  beforeAll(async () => {
    remote = createServer((request, response) => {
      seen.push(request);
      const { pathname } = new URL(request.url ?? '', 'http://remote');
      if (pathname.startsWith('/status/')) {
        response.writeHead(Number(pathname.slice(8)), {
          Location: `${origin}/file.txt`,
        });
        response.end('the remote’s own error page');
      } else if (pathname === '/getonly' && request.method !== 'GET') {
        response.writeHead(403).end();
      } else if (pathname === '/named') {
        response.writeHead(200, {
          'Content-Disposition':
            'inline; filename="x.txt"; filename*=UTF-8\'\'..%2F%E2%82%AC.%3A.txt',
        });
        response.end();
      } else if (pathname === '/script.js') {
        response.writeHead(200, { 'Content-Type': 'text/javascript' });
        response.end('alert(1)');
      } else {
        response.writeHead(200, {
          'Content-Type': 'text/plain; charset=utf-8',
          'Content-Length': String(BYTES.length),
          'Last-Modified': 'Sat, 01 Mar 2025 10:00:00 GMT',
          ETag: '"remote-tag"',
          'Set-Cookie': 'remote=1',
          'X-Accel-Redirect': '/etc/passwd',
          'X-Internal': 'secret',
          'Content-Disposition': 'inline',
          'Retry-After': '9',
        });
        response.end(request.method === 'HEAD' ? undefined : BYTES);
      }
    });
    await new Promise<void>((resolve) =>
      remote.listen(0, '127.0.0.1', resolve),
    );
    const { port } = remote.address() as AddressInfo;
    origin = `http://127.0.0.1:${port}`;

    @Controller('remote/:name')
    class RemoteController extends HttpDownloadController {
      override allowedHosts = [`127.0.0.1:${port}`];
      override getUrl(request: DownloadRequest): string {
        const name = String(request.params.name).replace('-', '/');
        return name === 'elsewhere'
          ? 'http://localhost:1/x'
          : `${origin}/${name}`;
      }
    }

    @Controller('refused')
    class RefusedController extends HttpDownloadController {
      override allowedHosts = ['127.0.0.1:1'];
      override url = 'http://127.0.0.1:1/x';
    }

    @Controller('named-by-file')
    class NamedController extends DownloadController {
      getFile(): DownloadFile {
        return new HttpFile(`${origin}/named`, {
          name: 'own.txt',
          allowedHosts: [`127.0.0.1:${port}`],
        });
      }
    }

    running = await startApplication(adapter, {
      controllers: [
        RemoteController,
        RefusedController,
        NamedController,
        HttpDownloadController.asController('named-by-controller', {
          url: `${origin}/named`,
          allowedHosts: [`127.0.0.1:${port}`],
          basename: 'own.txt',
        }),
      ],
    });
  });

  beforeEach(() => {
    seen = [];
  });

  afterAll(async () => {
    await running.close();
    remote.closeAllConnections();
    await new Promise((resolve) => remote.close(resolve));
  });

  it('passes the file on, and nothing else of the answer', async () => {
    const { status, headers, body } = await httpRequest(
      running.origin,
      '/remote/file.txt',
    );
    expect(status).toBe(200);
    expect(body).toEqual(BYTES);
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(BYTES.length),
      'last-modified': 'Sat, 01 Mar 2025 10:00:00 GMT',
      etag: '"remote-tag"',
      'content-disposition': `attachment; filename="file.txt"; filename*=UTF-8''file.txt`,
    });
    for (const name of [
      'set-cookie',
      'x-accel-redirect',
      'x-internal',
      'retry-after',
    ]) {
      expect(headers).not.toHaveProperty(name);
    }
  });

  it('sends nothing of the client’s request to the remote, in one GET', async () => {
    await httpRequest(running.origin, '/remote/file.txt', {
      headers: {
        Cookie: 'session=1',
        Authorization: 'Bearer secret',
        'User-Agent': 'test',
        Accept: 'text/html',
      },
    });
    expect(seen.map(({ method }) => method)).toEqual(['GET']);
    expect(Object.keys(seen[0].headers).sort()).toEqual([
      'accept-encoding',
      'connection',
      'host',
    ]);
    expect(seen[0].headers['accept-encoding']).toBe('identity');
  });

  it('answers HEAD by HEAD, and by GET where the remote refuses that', async () => {
    const head = await httpRequest(running.origin, '/remote/file.txt', {
      method: 'HEAD',
    });
    expect(head.headers['content-length']).toBe(String(BYTES.length));
    const other = await httpRequest(running.origin, '/remote/getonly', {
      method: 'HEAD',
    });
    expect(other.status).toBe(200);
    expect(seen.map(({ method }) => method)).toEqual(['HEAD', 'HEAD', 'GET']);
  });

  it.each([
    [404, 404],
    [410, 404],
    [401, 502],
    [403, 502],
    [500, 502],
    [503, 502],
    [300, 502],
    [429, 502],
    [204, 502],
    [206, 502],
    [304, 502],
  ])('answers a remote %i with %i, without its page', async (theirs, ours) => {
    const answer = await httpRequest(
      running.origin,
      `/remote/status-${theirs}`,
    );
    expect(answer.status).toBe(ours);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers).not.toHaveProperty('location');
    expect(answer.text).not.toContain('own error page');
    expect(answer.text).not.toContain('127.0.0.1');
    expect(seen).toHaveLength(1);
  });

  it('is 502 where nobody answers, and for a host that is not allowed', async () => {
    expect((await httpRequest(running.origin, '/refused')).status).toBe(502);
    const elsewhere = await httpRequest(running.origin, '/remote/elsewhere');
    expect(elsewhere.status).toBe(502);
    expect(elsewhere.text).not.toContain('localhost');
  });

  it('is called what the remote calls it, unless the application says what', async () => {
    const named = await httpRequest(running.origin, '/remote/named');
    expect(named.headers).toMatchObject({
      'content-disposition': `attachment; filename="_..txt"; filename*=UTF-8''%E2%82%AC..txt`,
      'content-type': 'text/plain; charset=utf-8',
    });
    const head = await httpRequest(running.origin, '/remote/named', {
      method: 'HEAD',
    });
    expect(head.headers['content-disposition']).toBe(
      named.headers['content-disposition'],
    );
    for (const path of ['/named-by-file', '/named-by-controller']) {
      const own = await httpRequest(running.origin, path);
      expect(own.headers['content-disposition']).toContain('"own.txt"');
    }
  });

  it.each([
    ['timeout', { timeout: -1 }],
    ['maxSize', { maxSize: 0 }],
    ['allowedHosts[0]', { allowedHosts: ['http://127.0.0.1'] }],
  ])('does not boot with a wrong %s', async (name, options) => {
    const booting = startApplication(adapter, {
      controllers: [
        HttpDownloadController.asController('a', {
          url: 'http://files.example/a',
          allowedHosts: ['files.example'],
          ...options,
        }),
      ],
    });
    await expect(booting).rejects.toMatchObject({
      name: 'InvalidOptionsError',
      option: `HttpDownloadController.${name}`,
    });
  });

  it('asks again over the connection that it has, whatever came over it', async () => {
    let connections = 0;
    const count = (): void => void (connections += 1);
    await httpRequest(running.origin, '/remote/file.txt');
    remote.on('connection', count);
    for (const path of ['status-404', 'file.txt', 'status-503', 'file.txt']) {
      await httpRequest(running.origin, `/remote/${path}`);
    }
    remote.off('connection', count);
    expect(connections).toBe(0);
  });

  it('keeps a remote script from being run by a page elsewhere', async () => {
    const { headers } = await httpRequest(running.origin, '/remote/script.js');
    expect(headers['content-type']).toBe('application/octet-stream');
  });
});
