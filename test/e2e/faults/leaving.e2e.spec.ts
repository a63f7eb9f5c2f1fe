import { EventEmitter, once } from 'node:events';
import { createReadStream } from 'node:fs';

import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { Download, type DownloadFile, sendfile } from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { httpRequest } from '../../support/clients/http-client.js';
import {
  LentBuffers,
  settledResources,
  usedMemory,
} from '../../support/leaks.js';
import {
  RawClient,
  type RawRequest,
} from '../../support/clients/raw-client.js';
import { ServerSockets } from '../../support/servers/server-sockets.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';
import { headersOf, standBetween } from '../../support/ways.js';

const MIB = 1024 * 1024;
// More than the socket buffers of both ends swallow.
const SIZE = 16 * MIB;
const MANY = 400;
const SOME = 100;
const AT_ONCE = 25;

const REQUESTS: readonly RawRequest[] = [
  { path: '/local' },
  { path: '/local', headers: headersOf('as a stream') },
  { path: '/local', headers: { Range: 'bytes=1000-' } },
  { path: '/local', headers: { Range: 'bytes=0-99,1000-' } },
  { path: '/piece' },
  { path: '/wrapped' },
  { path: '/wrapped', headers: { Range: 'bytes=0-99,1000-' } },
  { path: '/generated' },
];

type Leaving = (client: RawClient, request: RawRequest) => Promise<void>;

const events = new EventEmitter().setMaxListeners(0);

const MOMENTS: Record<string, Leaving> = {
  'as soon as it has asked': async (client, request) => {
    await client.send(request);
  },
  'while the file is still being opened': async (client) => {
    const asked = once(events, 'asked');
    await client.send({ path: '/slow-to-open' });
    await asked;
  },
  'mid-way': async (client, request) => {
    await client.send(request);
    await client.readALittle();
  },
  'with requests that wait for their turn': async (client, request) => {
    await client.send(request, ...REQUESTS);
    await client.readALittle();
  },
};

describe.each(ADAPTERS)('hundreds of clients that leave on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let running: RunningApplication;
  let sockets: ServerSockets;
  let lent: LentBuffers;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const path = await directory.write('large.bin', Buffer.alloc(SIZE, 'x'));
    const piece = await directory.write('piece.bin', Buffer.alloc(200_000));

    @Controller()
    class FilesController {
      @Get('local')
      local() {
        return sendfile(path);
      }

      @Get('piece')
      piece() {
        return sendfile(piece);
      }

      @Get('wrapped')
      @Download()
      wrapped(): DownloadFile {
        return {
          name: 'wrapped.bin',
          stat: () => ({ size: SIZE }),
          open: ({ start, end } = {}) => createReadStream(path, { start, end }),
        };
      }

      @Get('slow-to-open')
      @Download()
      slow(): DownloadFile {
        return {
          name: 'slow.bin',
          stat: () => ({ size: SIZE }),
          open: async ({ signal } = {}) => {
            events.emit('asked');
            if (signal && !signal.aborted) await once(signal, 'abort');
            return createReadStream(path);
          },
        };
      }

      @Get('generated')
      @Download({ basename: 'endless.bin' })
      async *generated() {
        for (;;) yield Buffer.alloc(64 * 1024);
      }
    }

    running = await startApplication(adapter, {
      controllers: [FilesController],
      configure: (app) => {
        standBetween(app);
        sockets = new ServerSockets(app);
      },
    });
  });

  beforeEach(() => {
    lent = new LentBuffers();
  });

  afterEach(() => lent.stop());

  afterAll(async () => {
    await running.close();
    await directory.remove();
  });

  async function leaveAll(leave: Leaving, clients: number): Promise<void> {
    for (let left = 0; left < clients; left += AT_ONCE) {
      await Promise.all(
        Array.from({ length: AT_ONCE }, async (_, index) => {
          const client = await RawClient.connect(running.port);
          await leave(client, REQUESTS[index % REQUESTS.length]);
          await client.leave();
        }),
      );
    }
    await sockets.allClosed();
  }

  /** What both adapters let go of by themselves is found by some of them. */
  const isMany = (moment: string): boolean =>
    moment === 'mid-way' && adapter === 'express';

  it.each(Object.entries(MOMENTS))(
    'leave nothing behind when they leave %s',
    async (moment, leave) => {
      await leaveAll(leave, AT_ONCE);
      const before = await settledResources();
      const memory = usedMemory();

      await leaveAll(leave, isMany(moment) ? MANY : SOME);

      expect(await settledResources()).toEqual(before);
      // What the pools keep is at most 16 MiB; a single buffer for each of the many would be 25 more.
      expect(usedMemory() - memory).toBeLessThan(24 * MIB);
      expect(lent.count).toBe(0);
    },
    180_000,
  );

  it('leave nothing behind when they leave while stalled', async () => {
    const before = await settledResources();
    const clients = await Promise.all(
      Array.from({ length: 2 * AT_ONCE }, async (_, index) => {
        const client = await RawClient.connect(running.port);
        await client.send(REQUESTS[index % REQUESTS.length]);
        return client;
      }),
    );
    await sockets.stalled();
    await Promise.all(clients.map((client) => client.leave()));
    await sockets.allClosed();
    expect(await settledResources()).toEqual(before);
    expect(lent.count).toBe(0);
  });

  it('leave a server that serves the next one', async () => {
    await leaveAll(MOMENTS['mid-way'], AT_ONCE);
    const { body } = await httpRequest(running.origin, '/local');
    expect(body.equals(Buffer.alloc(SIZE, 'x'))).toBe(true);
  });
});
