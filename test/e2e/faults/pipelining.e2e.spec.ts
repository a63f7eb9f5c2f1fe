import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { type Server } from 'node:http';

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
import { Download, sendfile, stream, VirtualFile } from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { descriptorsClosed } from '../../support/files/open-descriptors.js';
import {
  RawClient,
  type RawRequest,
} from '../../support/clients/raw-client.js';
import { ServerSockets } from '../../support/servers/server-sockets.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';
import { headersOf, standBetween, WAYS } from '../../support/ways.js';

const SMALL = randomBytes(1000);
const MEDIUM = randomBytes(300_000);
// More than the socket buffers of both ends swallow.
const LARGE = randomBytes(16 * 1024 * 1024);

interface Middle {
  readonly request: RawRequest;
  readonly status: number;
  readonly body?: Buffer;
}

const MIDDLES: Record<string, Middle> = {
  'a HEAD': {
    request: { method: 'HEAD', path: '/medium' },
    status: 200,
    body: Buffer.alloc(0),
  },
  'a 304': {
    request: { path: '/medium', headers: { 'If-None-Match': '*' } },
    status: 304,
    body: Buffer.alloc(0),
  },
  'a 404': { request: { path: '/missing' }, status: 404 },
  'a POST that no route is for': {
    request: { method: 'POST', path: '/medium' },
    status: 404,
  },
  'a 412': {
    request: { path: '/medium', headers: { 'If-Match': '"other"' } },
    status: 412,
  },
  'a 416': {
    request: { path: '/medium', headers: { Range: 'bytes=999999-' } },
    status: 416,
  },
  'an empty file': {
    request: { path: '/empty' },
    status: 200,
    body: Buffer.alloc(0),
  },
  'one range': {
    request: { path: '/medium', headers: { Range: 'bytes=10-99999' } },
    status: 206,
    body: MEDIUM.subarray(10, 100_000),
  },
  'the whole file': { request: { path: '/medium' }, status: 200, body: MEDIUM },
  'generated content of unknown size': {
    request: { path: '/generated' },
    status: 200,
    body: MEDIUM,
  },
  'generated content that fails before its first byte': {
    request: { path: '/fails-at-once' },
    status: 500,
  },
};

describe.each(ADAPTERS)('several requests on a connection on %s', (adapter) => {
  const events = new EventEmitter();
  let directory: TemporaryDirectory;
  let running: RunningApplication;
  let sockets: ServerSockets;
  let client: RawClient;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await directory.write('small', SMALL);
    await directory.write('medium', MEDIUM);
    await directory.write('large', LARGE);
    await directory.write('empty', '');
    const file = (name: string) => sendfile(`${directory.path}/${name}`);

    @Controller()
    class FilesController {
      @Get('small')
      small() {
        return file('small');
      }

      @Get('medium')
      medium() {
        return file('medium');
      }

      @Get('large')
      large() {
        return file('large');
      }

      @Get('impatient')
      @Download({ backend: stream({ idleTimeout: 200 }) })
      impatient() {
        return file('large');
      }

      @Get('impatient-small')
      @Download({ backend: stream({ idleTimeout: 200 }) })
      impatientSmall() {
        return file('small');
      }

      @Get('empty')
      empty() {
        return file('empty');
      }

      @Get('missing')
      missing() {
        return file('missing');
      }

      @Get('generated')
      @Download({ basename: 'generated.bin' })
      async *generated() {
        for (let at = 0; at < MEDIUM.length; at += 70_000) {
          yield MEDIUM.subarray(at, at + 70_000);
        }
      }

      @Get('held')
      @Download()
      held() {
        const wait = once(events, 'go on');
        return new VirtualFile(
          async function* () {
            yield 'held';
            await wait;
            yield ' back';
          },
          { name: 'held.txt' },
        );
      }

      @Get('fails')
      @Download()
      fails() {
        const wait = once(events, 'go on');
        return new VirtualFile(
          async function* () {
            yield 'some';
            await wait;
            throw new Error('no more');
          },
          { name: 'fails.txt' },
        );
      }

      @Get('fails-at-once')
      @Download()
      failsAtOnce() {
        return new VirtualFile(
          // eslint-disable-next-line require-yield
          async function* (): AsyncGenerator<string> {
            throw new Error('not even a first byte');
          },
          { name: 'fails.txt' },
        );
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

  beforeEach(async () => {
    client = await RawClient.connect(running.port);
  });

  afterEach(() => client.leave());

  afterAll(async () => {
    await running.close();
    await directory.remove();
  });

  describe.each(WAYS)('sent %s', (way) => {
    const asked = ({ headers, ...request }: RawRequest): RawRequest => ({
      ...request,
      headers: { ...headers, ...headersOf(way) },
    });

    it('are answered in order and in frame, whatever stands between two files', async () => {
      const between = Object.values(MIDDLES).flatMap(({ request }) => [
        request,
        { path: '/small' },
      ]);
      const all = [{ path: '/large' }, ...between];
      await client.send(...all.map(asked));
      const [first, ...others] = await client.answers(
        ...all.map(({ method = 'GET' }: RawRequest) => method),
      );
      expect(LARGE.equals(first.body)).toBe(true);
      Object.entries(MIDDLES).forEach(([title, { status, body }], index) => {
        const [middle, small] = others.slice(2 * index);
        expect([title, middle.status]).toEqual([title, status]);
        if (body)
          expect([title, body.equals(middle.body)]).toEqual([title, true]);
        expect([title, SMALL.equals(small.body)]).toEqual([title, true]);
      });
    });

    it.each(Object.entries(MIDDLES))(
      'are answered one after another, the second with %s',
      async (_title, { request, status }) => {
        const requests = [{ path: '/small' }, request, { path: '/medium' }];
        const statuses: number[] = [];
        for (const each of requests.map(asked)) {
          await client.send(each);
          const [answer] = await client.answers(each.method ?? 'GET');
          statuses.push(answer.status);
        }
        expect(statuses).toEqual([200, status, 200]);
      },
    );

    it('wait for a slow one in front', async () => {
      await client.send(
        asked({ path: '/held' }),
        asked({ path: '/medium' }),
        asked({ path: '/small' }),
      );
      await client.readALittle();
      events.emit('go on');
      const [held, medium, small] = await client.answers('GET', 'GET', 'GET');
      expect(held?.body.toString()).toBe('held back');
      expect(MEDIUM.equals(medium.body)).toBe(true);
      expect(SMALL.equals(small.body)).toBe(true);
    });

    it('end with one that is cut, and nothing stays open', async () => {
      await client.send(asked({ path: '/fails' }), asked({ path: '/large' }));
      await client.readALittle();
      events.emit('go on');
      const { code, bytes } = await client.end();
      expect(code).toBe('ECONNRESET');
      expect(bytes.length).toBeLessThan(2000);
      await sockets.allClosed();
      await descriptorsClosed(`${directory.path}/large`);
    });

    it('are watched one by one for a client that takes nothing', async () => {
      await client.send(
        asked({ path: '/impatient-small' }),
        asked({ path: '/impatient' }),
      );
      await sockets.allClosed();
      const { code } = await client.end();
      expect(code).toBe('ECONNRESET');
      await descriptorsClosed(`${directory.path}/large`);
    });

    it.each([0, 60_000])(
      'find no idle timeout of the one before, with a keep-alive timeout of %i',
      async (keepAliveTimeout) => {
        const server = running.app.getHttpServer() as Server;
        const before = server.keepAliveTimeout;
        server.keepAliveTimeout = keepAliveTimeout;
        try {
          await client.send(asked({ path: '/impatient-small' }));
          await client.answers('GET');
          const { timeout = 0 } = sockets.last;
          expect(timeout === 0 || timeout >= keepAliveTimeout).toBe(true);
          expect(timeout).not.toBe(200);
        } finally {
          server.keepAliveTimeout = before;
        }
      },
    );
  });
});
