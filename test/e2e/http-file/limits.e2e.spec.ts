import { once } from 'node:events';
import { type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import {
  type AddressInfo,
  createServer,
  type Server,
  type Socket,
} from 'node:net';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type DownloadRequest,
  HttpDownloadController,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { certificateFor } from '../../support/servers/certificates.js';
import { describeWith } from '../../support/describe-with.js';
import { httpRequest } from '../../support/clients/http-client.js';
import { RawClient } from '../../support/clients/raw-client.js';
import { RemoteOrigin } from '../../support/servers/remote-origin.js';
import { ServerSockets } from '../../support/servers/server-sockets.js';
import { temporaryDirectory } from '../../support/files/temporary-directory.js';

const MIB = 1024 * 1024;
const LARGE = 48 * MIB;
/** What the buffers of two connections over loopback, and those of two processes in one, may hold. */
const BUFFERED = 32 * MIB;

/** What other servers than Node's might answer. */
const RAW: Record<string, string> = {
  'endless headers': `HTTP/1.1 200 OK\r\n${'X-A: b\r\n'.repeat(10_000)}`,
  'another protocol': 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n',
  'two lengths':
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc',
  'a length and chunks':
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
  'a header in a name':
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Disposition: attachment; filename="a\rSet-Cookie: b=c"\r\n\r\na',
  'no HTTP': 'Hello',
};

describe.each(ADAPTERS)('The limits of a remote file on %s', (adapter) => {
  let origin: RemoteOrigin;
  let running: RunningApplication;
  let sockets: ServerSockets;
  let silent: Server;
  const connected: Socket[] = [];

  beforeAll(async () => {
    origin = await RemoteOrigin.start();
    silent = createServer((socket) => {
      connected.push(socket.on('error', () => undefined));
      socket.on('data', (request) => {
        const [, name = ''] = /^GET \/raw\?(\S+)/.exec(String(request)) ?? [];
        socket.write(RAW[decodeURIComponent(name)] ?? '');
      });
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const hosts = [origin.host, `127.0.0.1:${port}`];

    class LimitedController extends HttpDownloadController {
      override allowedHosts = hosts;
      override timeout = 200;
      override getUrl({ url }: DownloadRequest): string {
        const [, raw] = url.split('?');
        if (raw) return `http://127.0.0.1:${port}/raw?${raw}`;
        return url === '/limited/tls'
          ? `https://127.0.0.1:${port}/`
          : `http://${origin.host}${url}`;
      }
    }

    class PatientController extends LimitedController {
      override timeout = 30_000;
    }

    class SmallController extends LimitedController {
      override maxSize = 100;
    }

    running = await startApplication(adapter, {
      controllers: [
        LimitedController.asController('limited/:name'),
        PatientController.asController('patient'),
        SmallController.asController('small'),
      ],
    });
    sockets = new ServerSockets(running.app);
  });

  afterAll(async () => {
    await running.close();
    for (const socket of connected) socket.destroy();
    silent.close();
    await origin.close();
  });

  const ask = (path: string, headers = {}) =>
    httpRequest(running.origin, path, { headers });

  it('is 504 where connection, headers or the first byte do not come in time', async () => {
    origin.answers((response, { url }) => {
      if (url === '/limited/body') response.writeHead(200).flushHeaders();
      if (url !== '/limited/interim') return;
      const timer = setInterval(() => response.writeProcessing(), 20);
      response.once('close', () => clearInterval(timer));
    });
    const answers = await Promise.all(
      ['tls', 'headers', 'interim', 'body'].map((name) =>
        ask(`/limited/${name}`),
      ),
    );
    for (const { status, headers, text } of answers) {
      expect([status, headers['cache-control']]).toEqual([504, 'no-store']);
      expect(text).not.toContain('127.0.0.1');
    }
  });

  it('cuts the connection where the body stops, and not where only the client does', async () => {
    const stopped = Buffer.alloc(10);
    origin.answers((response, { url }) => {
      if (url === '/limited/stopped') {
        response.writeHead(200, { 'Content-Length': '100' }).write(stopped);
      } else {
        sendZeros(response);
      }
    });
    const client = await RawClient.connect(running.port);
    await client.send({
      path: '/limited/large',
      headers: { Connection: 'close' },
    });
    await client.readALittle();
    await sockets.stalled();
    // By the time that this one is given up, the other has been waiting for longer.
    await expect(ask('/limited/stopped')).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    const { bytes, code } = await client.end();
    expect(code).toBeUndefined();
    expect(bytes.length - bytes.indexOf('\r\n\r\n') - 4).toBe(LARGE);
  });

  it('takes no more from the remote than fits on the way to a client that stops, and lets go when it leaves', async () => {
    let before = 0;
    const remote = new Promise<ServerResponse>((resolve) => {
      origin.answers((response) => {
        before = response.socket?.bytesWritten ?? 0;
        sendZeros(response);
        resolve(response);
      });
    });
    const client = await RawClient.connect(running.port);
    await client.send({ path: '/limited/large' });
    await client.readALittle();
    const response = await remote;
    await sockets.stalled();
    // Of the connection, which others may have had before.
    const written = (response.socket?.bytesWritten ?? 0) - before;
    expect([written > 0, written < BUFFERED]).toEqual([true, true]);
    const closed = once(response, 'close');
    await client.leave();
    await closed;
    expect(response.writableFinished).toBe(false);
  });

  it('asks no more where the client leaves before the remote has answered', async () => {
    const asked = new Promise<ServerResponse>((resolve) => {
      origin.answers(resolve);
    });
    const client = await RawClient.connect(running.port);
    await client.send({ path: '/patient' });
    const response = await asked;
    const closed = once(response, 'close');
    await client.leave();
    await closed;
  });

  it('cuts the connection where the remote breaks off, whatever it announced', async () => {
    for (const headers of [{ 'Content-Length': '100' }, {}]) {
      origin.answers((response) => {
        response
          .writeHead(200, headers)
          .write('begin', () => response.destroy());
      });
      await expect(ask('/limited/cut')).rejects.toMatchObject({
        code: 'ECONNRESET',
      });
    }
  });

  it.each([
    [100, 200],
    [101, 502],
  ])('of %i bytes where 100 are allowed is a %i', async (size, status) => {
    origin.sends(200, {}, 'x'.repeat(size));
    expect((await ask('/small')).status).toBe(status);
    const { status: ofHead } = await httpRequest(running.origin, '/small', {
      method: 'HEAD',
    });
    expect(ofHead).toBe(status);
  });

  it('counts the whole of which a part is sent, and the part where nobody knows the whole', async () => {
    const Range = 'bytes=0-100';
    for (const [received, body, status] of [
      ['bytes 0-100/101', 'x'.repeat(101), 502],
      ['bytes 0-100/*', 'x'.repeat(101), 502],
      ['bytes 0-99/100', 'x'.repeat(100), 206],
    ] as const) {
      origin.sends(206, { 'Content-Range': received }, body);
      expect((await ask('/small', { Range })).status).toBe(status);
    }
  });

  it('cuts the connection at the limit where the size was not announced', async () => {
    const remote = new Promise<ServerResponse>((resolve) => {
      origin.answers((response) => {
        response.writeHead(200).write('x'.repeat(90));
        resolve(response);
      });
    });
    const client = await RawClient.connect(running.port);
    await client.send({ path: '/small' });
    await client.readALittle();
    (await remote).end('y'.repeat(20));
    const { bytes, code } = await client.end();
    expect(code).toBe('ECONNRESET');
    expect(bytes.toString()).not.toContain('yyy');
  });

  it.each<[string, (response: ServerResponse) => unknown]>([
    ['is too large', (response) => response.end('x'.repeat(101))],
    ['breaks off', (response) => response.destroy()],
  ])('is 502 where the body %s before its first byte is out', async (_, go) => {
    origin.answers((response) => {
      response.writeHead(200).flushHeaders();
      setImmediate(() => go(response));
    });
    expect((await ask('/small')).status).toBe(502);
  });

  it.each([[{}], [{ 'Content-Length': '0' }]])(
    'may be empty: %j',
    async (headers) => {
      origin.answers((response) => response.writeHead(200, headers).end());
      const { status, text } = await ask('/small');
      expect([status, text]).toEqual([200, '']);
    },
  );

  it('passes on what the remote compresses all the same, as it is', async () => {
    const packed = gzipSync('hello');
    const headers = {
      'Content-Encoding': 'GZip',
      'Content-Type': 'text/plain',
    };
    origin.sends(200, headers, packed);
    const answer = await ask('/limited/a.txt');
    expect(answer.body).toEqual(packed);
    expect(answer.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-length': String(packed.length),
      'cache-control': expect.stringContaining('no-transform'),
    });
    expect(origin.requests[0]?.fields).toEqual(['accept-encoding: identity']);
  });

  it('is 502 where nobody can be told how it is coded', async () => {
    origin.sends(200, { 'Content-Encoding': 'gzip; level=9' }, 'x');
    expect((await ask('/limited/a.txt')).status).toBe(502);
    // Taken off by the next one on the way, who is us: nobody asked for it.
    origin.answers((response) => {
      response.writeHead(200, { 'Transfer-Encoding': 'gzip, chunked' });
      response.end(gzipSync('x'));
    });
    expect((await ask('/limited/a.txt')).status).toBe(502);
    origin.sends(200, { 'Content-Encoding': 'identity' }, 'x');
    const { headers } = await ask('/limited/a.txt');
    expect(headers).not.toHaveProperty('content-encoding');
  });

  it.each(Object.keys(RAW))('is 502 where the answer has %s', async (name) => {
    const { status, headers, text } = await ask(
      `/limited/raw?${encodeURIComponent(name)}`,
    );
    expect([status, JSON.parse(text)]).toEqual([
      502,
      { statusCode: 502, message: 'Bad Gateway' },
    ]);
    expect(headers).not.toHaveProperty('set-cookie');
  });

  it('believes nothing that is said twice', async () => {
    const twice = (value: string) => [value, value];
    origin.answers((response) => {
      response.setHeader('ETag', twice('"a"'));
      response.setHeader(
        'Last-Modified',
        twice('Sat, 01 Mar 2025 10:00:00 GMT'),
      );
      response.setHeader('Content-Type', ['image/png', 'text/html']);
      response.setHeader(
        'Content-Disposition',
        twice('attachment; filename="b.txt"'),
      );
      response.end('x');
    });
    const { headers } = await ask('/limited/a.txt');
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(headers['content-disposition']).toContain('filename="a.txt"');
    expect(headers['last-modified']).toBeUndefined();
    expect(headers.etag).not.toBe('"a"');
  });
});

describeWith(
  ['openssl'],
  'A remote file whose certificate nobody vouches for',
  () => {
    it.each(ADAPTERS)('is 502 on %s', async (adapter) => {
      const directory = await temporaryDirectory();
      const { cert, key } = await certificateFor('localhost', directory);
      const server = createTlsServer({ cert, key }, (_, response) => {
        response.end('secret');
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const host = `localhost:${(server.address() as AddressInfo).port}`;
      const running = await startApplication(adapter, {
        controllers: [
          HttpDownloadController.asController('file', {
            url: `https://${host}/x`,
            allowedHosts: [host],
          }),
        ],
      });
      const { status, text } = await httpRequest(running.origin, '/file');
      expect([status, text.includes('secret')]).toEqual([502, false]);
      await running.close();
      server.closeAllConnections();
      server.close();
      await directory.remove();
    });
  },
);

/** As fast as somebody takes them. */
function sendZeros(response: ServerResponse): void {
  const piece = Buffer.alloc(MIB);
  let left = LARGE / MIB;
  response.writeHead(200, { 'Content-Length': String(LARGE) });
  const send = (): void => {
    while (left > 0) {
      left -= 1;
      if (!response.write(piece)) {
        response.once('drain', send);
        return;
      }
    }
    response.end();
  };
  send();
}
