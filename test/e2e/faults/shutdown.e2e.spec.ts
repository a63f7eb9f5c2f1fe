import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createReadStream } from 'node:fs';
import { connect } from 'node:net';

import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
} from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import {
  Download,
  type DownloadFile,
  sendfile,
  VirtualFile,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { httpRequest } from '../../support/clients/http-client.js';
import { descriptorsClosed } from '../../support/files/open-descriptors.js';
import { RawClient } from '../../support/clients/raw-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';
import { headersOf, standBetween } from '../../support/ways.js';

// More than the socket buffers of both ends swallow.
const BYTES = randomBytes(16 * 1024 * 1024);
/** As good as never. */
const LONG = 60_000;
const SHORT = 100;
/** The two ways of a local file. All others are streams on each of them. */
const LOCAL = [
  ['/local', 'straight'],
  ['/local', 'as a stream'],
] as const;

describe.each(ADAPTERS)('an application that shuts down on %s', (adapter) => {
  const events = new EventEmitter();
  let directory: TemporaryDirectory;
  let path: string;
  let running: RunningApplication;
  const clients: RawClient[] = [];

  @Controller()
  class FilesController {
    @Get('local')
    local() {
      return sendfile(path);
    }

    @Get('wrapped')
    @Download()
    wrapped(): DownloadFile {
      return {
        name: 'wrapped.bin',
        stat: () => ({ size: BYTES.length }),
        open: ({ start, end } = {}) => createReadStream(path, { start, end }),
      };
    }

    @Get('held')
    @Download()
    held() {
      const wait = once(events, 'go on');
      return new VirtualFile(
        async function* () {
          try {
            yield 'held';
            await wait;
            yield ' back';
          } finally {
            events.emit('ended');
          }
        },
        { name: 'held.txt' },
      );
    }

    @Get('endless')
    @Download({ basename: 'endless.bin' })
    async *endless() {
      try {
        for (;;) yield Buffer.alloc(64 * 1024);
      } finally {
        events.emit('ended');
      }
    }

    @Get('never-opens')
    @Download()
    neverOpens(): DownloadFile {
      return {
        name: 'never.bin',
        stat: () => ({ size: 10 }),
        open: async ({ signal } = {}) => {
          events.emit('asked');
          await once(signal!, 'abort');
          events.emit('aborted');
          throw new Error('too late');
        },
      };
    }
  }

  beforeAll(async () => {
    directory = await temporaryDirectory();
    path = await directory.write('large.bin', BYTES);
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.leave()));
  });

  afterAll(() => directory.remove());

  async function start(shutdownTimeout: number): Promise<void> {
    running = await startApplication(adapter, {
      options: { shutdownTimeout },
      controllers: [FilesController],
      configure: standBetween,
    });
  }

  async function begin(
    target: string,
    headers?: Record<string, string>,
  ): Promise<RawClient> {
    const client = await RawClient.connect(running.port);
    clients.push(client);
    await client.send({ path: target, headers });
    await client.readALittle();
    return client;
  }

  it.each([...LOCAL, ['/wrapped', 'straight']] as const)(
    'lets %s finish that does so in time, sent %s',
    async (target, way) => {
      await start(LONG);
      const client = await begin(target, headersOf(way));
      const closed = running.close();
      const [answer] = await client.answers('GET');
      expect(BYTES.equals(answer.body)).toBe(true);
      await closed;
    },
  );

  it.each([
    ...[...LOCAL, ['/wrapped', 'straight'] as const],
    ['/endless', 'straight'] as const,
  ])('resets %s when its time is over, sent %s', async (target, way) => {
    await start(SHORT);
    const client = await begin(target, headersOf(way));
    await running.close();
    const { code, bytes } = await client.end();
    expect(code).toBe('ECONNRESET');
    expect(bytes.length).toBeLessThan(BYTES.length);
    await descriptorsClosed(path);
  });

  it('lets generated content finish that does so in time', async () => {
    await start(LONG);
    const client = await begin('/held');
    const closed = running.close();
    events.emit('go on');
    const [answer] = await client.answers('GET');
    expect(answer?.body.toString()).toBe('held back');
    await closed;
  });

  it('lets all that wait on one connection finish', async () => {
    await start(LONG);
    const client = await RawClient.connect(running.port);
    clients.push(client);
    await client.send({ path: '/local' }, { path: '/local' });
    await client.readALittle();
    const closed = running.close();
    const [first] = await client.answers('GET', 'GET').catch(() => []);
    // The second may be refused by then, but not be something else.
    if (first) expect(BYTES.equals(first.body)).toBe(true);
    await closed;
  });

  it('ends a generator whose time is over', async () => {
    await start(SHORT);
    await begin('/endless');
    const ended = once(events, 'ended');
    await running.close();
    await ended;
  });

  it('gives up what is not even open when its time is over', async () => {
    await start(SHORT);
    const asked = once(events, 'asked');
    const aborted = once(events, 'aborted');
    const client = await RawClient.connect(running.port);
    clients.push(client);
    await client.send({ path: '/never-opens' });
    await asked;
    await running.close();
    await aborted;
    const { bytes } = await client.end();
    expect(bytes.toString('latin1')).not.toMatch(/^HTTP\/1\.1 2/);
  });

  it('gives no time at all where none is configured', async () => {
    await start(0);
    const client = await begin('/local');
    await running.close();
    expect((await client.end()).code).toBe('ECONNRESET');
  });

  it('waits for nobody when nothing is running', async () => {
    await start(LONG);
    await httpRequest(running.origin, '/local');
    await running.close();
  });

  it('waits no longer for a client that has left', async () => {
    await start(LONG);
    const client = await begin('/local');
    const closed = running.close();
    await client.leave();
    await closed;
  });

  it('gives a request that comes meanwhile the whole file or none of it', async () => {
    await start(LONG);
    const client = await begin('/held');
    const closed = running.close();
    const answer = await httpRequest(running.origin, '/local').catch(
      () => undefined,
    );
    if (answer?.status === 200) {
      expect(BYTES.equals(answer.body)).toBe(true);
    } else {
      expect([undefined, 503]).toContain(answer?.status);
    }
    events.emit('go on');
    await client.answers('GET');
    await closed;
  });

  it('refuses connections after that', async () => {
    await start(SHORT);
    await begin('/local');
    await running.close();
    const socket = connect(running.port, '127.0.0.1');
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });
});
