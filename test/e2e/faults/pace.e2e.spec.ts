import { createHash, randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createReadStream } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { truncate } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

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
import {
  Download,
  type DownloadFile,
  sendfile,
  stream,
  VirtualFile,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { httpRequest } from '../../support/clients/http-client.js';
import { HttpMessages } from '../../support/clients/http-messages.js';
import { descriptorsClosed } from '../../support/files/open-descriptors.js';
import { RawClient } from '../../support/clients/raw-client.js';
import { ServerSockets } from '../../support/servers/server-sockets.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';
import { headersOf, standBetween, WAYS } from '../../support/ways.js';

const MIB = 1024 * 1024;
// Into the largest chunks: they begin when 32 MiB have gone out.
const BYTES = randomBytes(40 * MIB);
const DIGEST = createHash('sha256').update(BYTES).digest('hex');
const HUGE = 64 * MIB;
const CHUNK = randomBytes(64 * 1024);
const IDLE = 200;
const READERS_OF_NOTHING = 40;

describe.each(ADAPTERS)('the pace of a client on %s', (adapter) => {
  const events = new EventEmitter();
  let directory: TemporaryDirectory;
  let running: RunningApplication;
  let sockets: ServerSockets;
  let path: string;
  let generated = 0;
  const clients: RawClient[] = [];

  beforeAll(async () => {
    directory = await temporaryDirectory();
    path = await directory.write('large.bin', BYTES);
    await directory.write('huge.bin', '');
    await truncate(`${directory.path}/huge.bin`, HUGE);

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

      @Get('paused')
      @Download()
      paused() {
        return createReadStream(path).pause();
      }

      @Get('huge')
      huge() {
        return sendfile(`${directory.path}/huge.bin`);
      }

      @Get('much')
      @Download({ basename: 'much.bin' })
      async *much() {
        for (generated = 0; generated < HUGE; generated += CHUNK.length) {
          yield CHUNK;
        }
      }

      @Get('impatient')
      @Download({ backend: stream({ idleTimeout: IDLE }) })
      impatient() {
        return sendfile(path);
      }

      @Get('impatient-generated')
      @Download({
        basename: 'endless.bin',
        backend: stream({ idleTimeout: IDLE }),
      })
      async *impatientGenerated() {
        try {
          for (;;) yield CHUNK;
        } finally {
          events.emit('ended');
        }
      }

      @Get('slow-source')
      @Download({ backend: stream({ idleTimeout: IDLE }) })
      slowSource() {
        return new VirtualFile(
          async function* () {
            yield 'slow';
            // Being slower than the idle timeout is what this is about.
            await delay(4 * IDLE);
            yield ' source';
          },
          { name: 'slow.txt' },
        );
      }

      @Get('step-by-step')
      @Download({ basename: 'steps.txt' })
      async *stepByStep() {
        const goOn = once(events, 'go on');
        yield 'first';
        await goOn;
        yield 'last';
      }

      @Get('step-by-step-sized')
      @Download()
      stepByStepSized() {
        const goOn = once(events, 'go on');
        return new VirtualFile(
          async function* () {
            yield 'first';
            await goOn;
            yield 'last';
          },
          { name: 'steps.txt', size: 'firstlast'.length },
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

  beforeEach(() => {
    generated = 0;
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.leave()));
    await sockets.allClosed();
  });

  afterAll(async () => {
    await running.close();
    await directory.remove();
  });

  async function ask(
    target: string,
    headers?: Record<string, string>,
  ): Promise<RawClient> {
    const client = await RawClient.connect(running.port);
    clients.push(client);
    await client.send({ path: target, headers });
    return client;
  }

  async function begin(
    target: string,
    headers?: Record<string, string>,
  ): Promise<IncomingMessage> {
    const outgoing = get(`${running.origin}${target}`, {
      agent: false,
      headers,
    });
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    return incoming;
  }

  /** The digest of an answer, read with a pause after every chunk or as fast as can be. */
  async function digest(answer: IncomingMessage, slow: boolean) {
    const hash = createHash('sha256');
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      hash.update(chunk);
      if (slow) await delay(1);
    }
    return hash.digest('hex');
  }

  it.each([
    ['/local', 'straight'],
    ['/local', 'as a stream'],
    // These are streams on every way.
    ['/wrapped', 'straight'],
    ['/paused', 'straight'],
  ] as const)(
    'does not matter to the bytes of %s sent %s, a slow and a fast one side by side',
    async (target, way) => {
      const [first, second] = await Promise.all([
        begin(target, headersOf(way)),
        begin(target, headersOf(way)),
      ]);
      expect(
        await Promise.all([digest(first, true), digest(second, false)]),
      ).toEqual([DIGEST, DIGEST]);
    },
  );

  describe.each(WAYS)('sent %s', (way) => {
    it('may stop and go on', async () => {
      const client = await ask('/local', headersOf(way));
      await sockets.stalled();
      const [answer] = await client.answers('GET');
      expect(BYTES.equals(answer.body)).toBe(true);
    });

    it('ends in a reset when it takes nothing for the idle timeout', async () => {
      const client = await ask('/impatient', headersOf(way));
      await sockets.allClosed();
      const { code, bytes } = await client.end();
      expect(code).toBe('ECONNRESET');
      expect(bytes.length).toBeLessThan(BYTES.length);
      await descriptorsClosed(path);
    });
  });

  it('ends generated content when it takes nothing for the idle timeout', async () => {
    const ended = once(events, 'ended');
    const client = await ask('/impatient-generated');
    await ended;
    expect((await client.end()).code).toBe('ECONNRESET');
  });

  it('is not blamed for a slow source', async () => {
    const { text } = await httpRequest(running.origin, '/slow-source');
    expect(text).toBe('slow source');
  });

  it.each(['/step-by-step', '/step-by-step-sized'])(
    'is that of the source: the first bytes of %s come before the last are made',
    async (target) => {
      const answer = await begin(target);
      const [first] = (await once(answer, 'data')) as [Buffer];
      expect(first.toString()).toBe('first');
      events.emit('go on');
      const [last] = (await once(answer, 'data')) as [Buffer];
      expect(last.toString()).toBe('last');
    },
  );

  it('is that of a generator, which is not pulled when nothing is taken', async () => {
    const client = await ask('/much', { Connection: 'close' });
    await sockets.stalled();
    const { bytesWritten, writableLength } = sockets.last;
    // What the kernel has taken, and a little on the way to it.
    expect(generated).toBeLessThan(
      bytesWritten - writableLength + 16 * CHUNK.length,
    );
    expect(generated).toBeLessThan(HUGE);

    const messages = new HttpMessages(['GET']);
    messages.take((await client.end()).bytes);
    expect(messages.isComplete).toBe(true);
    expect(messages.all()[0]?.body.length).toBe(HUGE);
    expect(generated).toBe(HUGE);
  });

  it.each(WAYS)(
    'costs little memory when it is nothing at all, sent %s',
    async (way) => {
      const before = process.memoryUsage().rss;
      await Promise.all(
        Array.from({ length: READERS_OF_NOTHING }, () =>
          ask('/huge', headersOf(way)),
        ),
      );
      await sockets.stalled();
      expect(process.memoryUsage().rss - before).toBeLessThan(100 * MIB);
    },
  );
});
