import { EventEmitter, once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller, Get, Param } from '@nestjs/common';
import { Download, VirtualFile } from 'nestjs-downloadview';

import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import { command } from '../support/command.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { describeServers } from '../support/servers/tested-servers.js';

const CHUNK = Buffer.alloc(10_000, 'x');
const SIZE = 100 * CHUNK.length;
/** More than sockets and servers hold between them. */
const MUCH = 6_400;

async function* chunks(count: number): AsyncGenerator<Buffer> {
  for (let sent = 0; sent < count; sent++) yield CHUNK;
}

async function* broken(count: number): AsyncGenerator<Buffer> {
  yield* chunks(count);
  throw new Error('the source broke');
}

/** How a download of a size that was announced comes to a bad end. */
const BROKEN: Record<string, () => VirtualFile> = {
  'breaks in the middle': () =>
    new VirtualFile(() => broken(50), { name: 'a.bin', size: SIZE }),
  'is shorter than its size': () =>
    new VirtualFile(() => chunks(99), { name: 'a.bin', size: SIZE }),
  'is longer than its size': () =>
    new VirtualFile(() => chunks(101), { name: 'a.bin', size: SIZE }),
};
const WHOLE: Record<string, () => VirtualFile> = {
  'of unknown size': () =>
    new VirtualFile(() => chunks(100), { name: 'a.bin' }),
  'of known size': () =>
    new VirtualFile(() => chunks(100), { name: 'a.bin', size: SIZE }),
};

describeServers('what the application sends itself', (server, adapter) => {
  const events = new EventEmitter();
  let directory: TemporaryDirectory;
  let site: ServedSite;
  let generated = 0;

  beforeAll(async () => {
    directory = await temporaryDirectory();

    @Controller()
    class GeneratedController {
      @Get('generated/:kind')
      @Download()
      generated(@Param('kind') kind: string) {
        return { ...BROKEN, ...WHOLE }[kind]();
      }

      @Get('slow')
      @Download()
      async *slow() {
        const goOn = once(events, 'go on');
        yield 'first';
        await goOn;
        yield 'last';
      }

      @Get('breaking/:when')
      @Download()
      async *breaking(@Param('when') when: string) {
        const goOn = when === 'later' ? once(events, 'go on') : undefined;
        yield CHUNK;
        await goOn;
        throw new Error('the source broke');
      }

      @Get('much')
      @Download()
      async *much() {
        try {
          for (generated = 0; generated < MUCH; generated++) yield CHUNK;
        } finally {
          events.emit('ended');
        }
      }
    }

    site = await startBehind(server.kind, adapter, {
      backend: server.backend([{ sourceDir: directory.path }]),
      controllers: [GeneratedController],
    });
  });

  afterAll(async () => {
    await site.stop();
    await directory.remove();
  });

  /** The exit code of curl, and how many bytes it got. */
  async function download(
    kind: string,
  ): Promise<{ code: number | null; bytes: number }> {
    const url = `${site.server.origin}/generated/${encodeURIComponent(kind)}`;
    const { code, output } = await command('curl', ['-sS', url]);
    return { code, bytes: output.length };
  }

  async function begin(path: string): Promise<IncomingMessage> {
    const outgoing = get(`${site.server.origin}${path}`, { agent: false });
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    return incoming;
  }

  it.each(Object.keys(BROKEN))(
    'makes curl fail where a file %s',
    async (kind) => {
      const { code } = await download(kind);

      expect(code).not.toBe(0);
    },
  );

  const shown =
    server.name === 'Caddy'
      ? 'shows no client that a file of unknown size breaks: Caddy 2.6 ends it in order'
      : 'shows a client that has begun to read that a file of unknown size breaks';
  it(shown, async () => {
    const answer = await begin('/breaking/later');
    await once(answer, 'data');

    const ended = new Promise((resolve) => answer.once('close', resolve));
    answer.on('error', () => undefined).resume();
    events.emit('go on');
    await ended;

    expect(answer.complete).toBe(server.name === 'Caddy');
  });

  const atOnce = {
    nginx: '',
    Apache: 'makes curl fail where a file of unknown size breaks at once',
    lighttpd:
      'may take a file of unknown size for complete that breaks before lighttpd has begun to answer',
    Caddy: 'takes a file of unknown size for complete that breaks at once',
  }[server.name];
  it(atOnce, async () => {
    const url = `${site.server.origin}/breaking/at-once`;
    const { code, output } = await command('curl', ['-sS', url]);

    if (server.name === 'Apache') expect(code).not.toBe(0);
    if (server.name === 'Caddy') expect(code).toBe(0);
    expect(output.length).toBeLessThanOrEqual(CHUNK.length);
  });

  it.each(Object.keys(WHOLE))('brings a file %s whole', async (kind) => {
    expect(await download(kind)).toEqual({ code: 0, bytes: SIZE });
  });

  it('brings the first bytes before the last are made', async () => {
    const answer = await begin('/slow');

    const [first] = (await once(answer, 'data')) as [Buffer];
    expect(first.toString()).toBe('first');

    events.emit('go on');
    const [last] = (await once(answer, 'data')) as [Buffer];
    expect(last.toString()).toBe('last');
  });

  it('stops making what a client that left would have got', async () => {
    const answer = await begin('/much');
    await once(answer, 'data');

    const ended = once(events, 'ended');
    answer.destroy();
    await ended;

    expect(generated).toBeLessThan(MUCH);
  });
});
