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
  type DownloadRequest,
  HttpDownloadController,
  HttpFile,
  RemoteFileError,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { httpRequest } from '../support/http-client.js';

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

  it('never turns into JSON', () => {
    const file = new HttpFile('http://files.example/secret', {
      allowedHosts: ['files.example'],
    });
    expect(() => JSON.stringify(file)).toThrow(
      expect.objectContaining({
        message: expect.not.stringContaining('secret'),
      }),
    );
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
      } else if (pathname === '/cut') {
        response.writeHead(200, { 'Content-Length': '100' });
        response.write('begin', () => response.destroy());
      } else if (pathname === '/slow') {
        // Never answers.
      } else if (pathname === '/getonly' && request.method !== 'GET') {
        response.writeHead(403).end();
      } else if (pathname === '/endless') {
        response.writeHead(200);
        response.write(Buffer.alloc(100, 'x'));
        response.end(Buffer.alloc(100, 'x'));
      } else if (pathname === '/ranges' || pathname === '/other/range') {
        const shift = pathname === '/ranges' ? 0 : 1;
        const asked = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
        const [start, end] = asked
          ? [Number(asked[1]) + shift, Number(asked[2]) + shift]
          : [0, BYTES.length - 1];
        response.writeHead(asked ? 206 : 200, {
          'Content-Length': String(end - start + 1),
          'Content-Range': `bytes ${start}-${end}/${BYTES.length}`,
        });
        const part = BYTES.subarray(start, end + 1);
        response.end(request.method === 'HEAD' ? undefined : part);
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
      override timeout = 300;
      override maxSize = 150;
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

    running = await startApplication(adapter, {
      controllers: [RemoteController, RefusedController],
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
    for (const name of ['set-cookie', 'x-accel-redirect', 'x-internal']) {
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

  it.each(['/remote/ranges', '/remote/file.txt'])(
    'answers a range of %s, whether the remote knows ranges or not',
    async (path) => {
      const answer = await httpRequest(running.origin, path, {
        headers: { Range: 'bytes=4-9' },
      });
      expect(answer.status).toBe(206);
      expect(answer.body).toEqual(BYTES.subarray(4, 10));
      expect(answer.headers['content-range']).toBe(`bytes 4-9/${BYTES.length}`);
    },
  );

  it('is 502 where the remote answers another range than was asked for', async () => {
    const answer = await httpRequest(running.origin, '/remote/other-range', {
      headers: { Range: 'bytes=4-9' },
    });
    expect(answer.status).toBe(502);
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
    [301, 502],
    [302, 502],
    [307, 502],
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

  it('is 504 where the remote is too slow', async () => {
    expect((await httpRequest(running.origin, '/remote/slow')).status).toBe(
      504,
    );
  });

  it('cuts the connection where the remote does, and where the file is too large', async () => {
    await expect(httpRequest(running.origin, '/remote/cut')).rejects.toThrow();
    const endless = httpRequest(running.origin, '/remote/endless');
    // Nothing may have been sent yet: then it is an error, else the connection is cut.
    await expect(
      endless.then(({ status }) => {
        if (status === 500) throw new Error('500');
      }),
    ).rejects.toThrow();
  });

  it('keeps a remote script from being run by a page elsewhere', async () => {
    const { headers } = await httpRequest(running.origin, '/remote/script.js');
    expect(headers['content-type']).toBe('application/octet-stream');
  });
});
