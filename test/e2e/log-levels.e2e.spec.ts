import { EventEmitter, once } from 'node:events';
import { createReadStream } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';

import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { Controller, Get, Logger } from '@nestjs/common';
import {
  Download,
  type DownloadFile,
  HttpFile,
  LocalFile,
  sendfile,
  stream,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { httpRequest } from '../support/clients/http-client.js';
import { LogLines } from '../support/log-lines.js';
import { RawClient } from '../support/clients/raw-client.js';
import { ServerSockets } from '../support/servers/server-sockets.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { headersOf, standBetween, WAYS } from '../support/ways.js';

// More than the socket buffers of both ends swallow.
const SIZE = 16 * 1024 * 1024;

/** Another server, which says what the test says, byte for byte. */
class RawOrigin {
  answer: (socket: Socket, asked: number) => void = (socket) => socket.end();
  asked: string[] = [];
  connections = 0;
  readonly #server = createServer((socket) => {
    this.connections += 1;
    let asked = 0;
    socket.on('error', () => undefined).setEncoding('latin1');
    socket.on('data', (text: string) => {
      asked += 1;
      this.asked.push(text.split(' ', 1)[0] ?? '');
      this.answer(socket, asked);
    });
  });

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  answers(answer: typeof this.answer): void {
    this.answer = answer;
    this.asked = [];
    this.connections = 0;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
  }
}

describe.each(ADAPTERS)('what is logged on %s', (adapter) => {
  const log = new LogLines();
  const events = new EventEmitter();
  const origin = new RawOrigin();
  let directory: TemporaryDirectory;
  let path: string;
  let running: RunningApplication;
  let sockets: ServerSockets;

  @Controller('files')
  class FilesController {
    @Get('local/:id')
    local() {
      return sendfile(path);
    }

    @Get('wrapped/:id')
    @Download()
    wrapped(): DownloadFile {
      return {
        name: 'wrapped.bin',
        stat: () => ({ size: SIZE }),
        open: ({ start, end } = {}) => createReadStream(path, { start, end }),
      };
    }

    @Get('slow/:id')
    @Download()
    slow(): DownloadFile {
      return {
        name: 'slow.bin',
        stat: () => ({ size: SIZE }),
        open: async ({ signal } = {}) => {
          events.emit('asked');
          await new Promise((_, reject) =>
            signal?.addEventListener('abort', () => {
              reject(signal.reason as Error);
              setImmediate(() => events.emit('over'));
            }),
          );
          throw new Error('not reached');
        },
      };
    }

    @Get('broken/:id')
    @Download()
    broken(): DownloadFile {
      return {
        name: 'broken.bin',
        stat: () => ({ size: SIZE }),
        open: () =>
          Readable.from(
            (function* () {
              yield Buffer.alloc(100);
              throw new Error('the disk is gone');
            })(),
          ),
      };
    }

    @Get('short/:id')
    @Download()
    short(): DownloadFile {
      return {
        name: 'short.bin',
        stat: () => ({ size: SIZE }),
        open: () => Readable.from([Buffer.alloc(100)]),
      };
    }

    @Get('idle/:id')
    @Download({ backend: stream({ idleTimeout: 50 }) })
    idle() {
      return new LocalFile(path);
    }

    @Get('remote/:id')
    @Download()
    remote() {
      return new HttpFile(`http://${origin.host}/a.txt`, {
        allowedHosts: [origin.host],
      });
    }
  }

  beforeAll(async () => {
    directory = await temporaryDirectory();
    path = await directory.write('large.bin', Buffer.alloc(SIZE, 'x'));
    await origin.listen();

    running = await startApplication(adapter, {
      controllers: [FilesController],
      configure: (app) => {
        standBetween(app);
        sockets = new ServerSockets(app);
        app.useLogger(log);
      },
    });
  });

  beforeEach(() => {
    log.lines.length = 0;
  });

  afterAll(async () => {
    await running.close();
    origin.close();
    Logger.overrideLogger(false);
    await directory.remove();
  });

  function problems(): string[] {
    return [...log.of('warn'), ...log.of('error')];
  }

  /** The lines of one level that name this route, and its handler. */
  function said(level: string, handler: string): string[] {
    const route = `GET '/files/${handler}/:id' (FilesController.${handler})`;
    return log.of(level).filter((line) => line.includes(route));
  }

  async function leftFrom(path: string, headers = {}): Promise<void> {
    const client = await RawClient.connect(running.port);
    await client.send({ path, headers });
    await client.readALittle();
    await client.leave();
    await sockets.allClosed();
  }

  describe('of a client that leaves', () => {
    const rows = (['local', 'wrapped'] as const).flatMap((handler) =>
      WAYS.map(([way]) => ({ handler, way })),
    );

    it.each(rows)(
      'mid-way is a line of the level debug: $handler, $way',
      async ({ handler, way }) => {
        await leftFrom(`/files/${handler}/7`, headersOf(way));

        expect(problems()).toEqual([]);
        expect(said('debug', handler)).toEqual([
          expect.stringContaining('has left'),
        ]);
      },
    );

    it('before anything is sent is the same', async () => {
      const asked = once(events, 'asked');
      const over = once(events, 'over');
      const client = await RawClient.connect(running.port);
      await client.send({ path: '/files/slow/7' });
      await asked;
      await client.leave();
      await over;

      expect(problems()).toEqual([]);
      expect(said('debug', 'slow')).toHaveLength(1);
    });
  });

  it.each([
    ['broken', 'the disk is gone'],
    ['short', 'bytes are missing'],
    ['idle', 'took nothing for 50 ms'],
  ])(
    'of an answer that had to be cut is one warning: %s',
    async (handler, reason) => {
      const client = await RawClient.connect(running.port);
      await client.send({ path: `/files/${handler}/7` });
      await sockets.allClosed();
      await client.leave();

      expect(problems()).toEqual(said('warn', handler));
      expect(said('warn', handler)).toEqual([expect.stringContaining(reason)]);
      expect(said('debug', handler)).toEqual([]);
    },
  );

  it('of an answer that is cut since the application shuts down is one warning', async () => {
    let sockets!: ServerSockets;
    const closing = await startApplication(adapter, {
      controllers: [FilesController],
      options: { shutdownTimeout: 10 },
      configure: (app) => {
        sockets = new ServerSockets(app);
        app.useLogger(log);
      },
    });
    const client = await RawClient.connect(closing.port);
    await client.send({ path: '/files/wrapped/7' });
    await client.readALittle();
    await closing.close();
    await sockets.allClosed();
    await client.leave();

    expect(problems()).toEqual(said('warn', 'wrapped'));
    expect(problems()).toEqual([expect.stringContaining('shuts down')]);
    expect(said('debug', 'wrapped')).toEqual([]);
  });

  it('of an answer that came to its end is no client that has left', async () => {
    const asked: Record<string, string>[] = [
      {},
      { Range: 'bytes=0-9' },
      { 'If-None-Match': '*' },
    ];
    for (const headers of asked) {
      for (const method of ['GET', 'HEAD']) {
        const request = { method, headers };
        await httpRequest(running.origin, '/files/local/7', request);
        await httpRequest(running.origin, '/files/wrapped/7', request);
      }
    }
    await sockets.allClosed();

    expect(log.text).not.toContain('has left');
    expect(problems()).toEqual([]);
  });

  describe('of another server whose answer cannot be read', () => {
    it.each([
      [
        'no HTTP at all',
        'SSH-2.0-OpenSSH_9.2\r\n\r\n',
        /HPE_\w+|HTTP\/1\.1 protocol/,
      ],
      ['a broken header', 'HTTP/1.1 200 OK\r\nA\0b: c\r\n\r\n', /header/i],
      [
        'two lengths',
        'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc',
        /CONTENT_LENGTH/,
      ],
      [
        'a broken chunk before any byte',
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
        /HPE_\w+|Invalid/,
      ],
      ['nothing', '', /closed/],
    ])('is a warning with the reason: %s', async (_what, answer, reason) => {
      origin.answers((socket) => socket.end(answer, 'latin1'));

      const { status } = await httpRequest(running.origin, '/files/remote/7');

      expect(status).toBe(502);
      expect(problems()).toEqual(said('warn', 'remote'));
      expect(problems()).toEqual([expect.stringMatching(reason)]);
      expect(log.text).not.toContain('undefined');
    });

    it('is a warning with the reason where a body breaks off in the middle', async () => {
      origin.answers((socket) =>
        socket.end(
          'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n',
        ),
      );
      const client = await RawClient.connect(running.port);
      await client.send({ path: '/files/remote/7' });
      await client.end();

      expect(problems()).toEqual(said('warn', 'remote'));
      expect(problems()).toEqual([expect.stringMatching(/HPE_|Invalid/)]);
      expect(log.text).not.toContain('undefined');
    });
  });

  describe('of a connection to another server that is used again', () => {
    const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc';
    const answers = { GET: OK, HEAD: OK.slice(0, -3) };

    const end = (socket: Socket): unknown => socket.end();
    const reset = (socket: Socket): unknown => socket.resetAndDestroy();

    it.each([
      ['ended', 'GET', end],
      ['reset', 'GET', reset],
      ['ended', 'HEAD', end],
    ] as const)(
      'and was %s by the other side meanwhile: nothing, and %s is asked once more',
      async (_how, method, close) => {
        origin.answers((socket, asked) => {
          if (asked > 1) close(socket);
          else socket.write(origin.asked.length > 1 ? answers[method] : OK);
        });
        await httpRequest(running.origin, '/files/remote/7');

        const { status } = await httpRequest(
          running.origin,
          '/files/remote/7',
          { method },
        );

        expect(status).toBe(200);
        expect(origin.asked).toEqual(['GET', method, method]);
        expect(origin.connections).toBe(2);
        expect(problems()).toEqual([]);
      },
    );

    it('and fails on a new one, too: one warning, and it is asked no third time', async () => {
      origin.answers((socket) =>
        origin.asked.length === 1 ? socket.write(OK) : socket.end(),
      );
      await httpRequest(running.origin, '/files/remote/7');

      const { status } = await httpRequest(running.origin, '/files/remote/7');

      expect(status).toBe(502);
      expect(origin.asked).toHaveLength(3);
      expect(problems()).toEqual(said('warn', 'remote'));
      expect(problems()).toHaveLength(1);
    });

    it('is not what a new one is: closed without an answer, it is asked once', async () => {
      origin.answers((socket) => socket.end());

      const { status } = await httpRequest(running.origin, '/files/remote/7');

      expect(status).toBe(502);
      expect(origin.asked).toHaveLength(1);
    });
  });
});
