import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Param } from '@nestjs/common';
import {
  Download,
  type DownloadFile,
  VirtualFile,
  type VirtualSource,
} from 'nestjs-downloadview';
import { CsvFile } from 'nestjs-downloadview/csv';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { httpRequest } from '../support/clients/http-client.js';

const TEXT = 'one é\ntwo\n';
const PIECES = ['one é\n', 'two\n'];

async function* later(): AsyncGenerator<string> {
  yield PIECES[0];
  await Promise.resolve();
  yield PIECES[1];
}

/** Content of every kind that does not say how long it is. */
const CONTENTS: Record<string, () => Exclude<VirtualSource, () => unknown>> = {
  'a list': () => PIECES,
  'a generator': () => PIECES.values(),
  'an async generator': () => later(),
  'a stream of bytes': () =>
    Readable.from([Buffer.from(TEXT)], { objectMode: false }),
  'a stream of texts': () => Readable.from(PIECES),
  'a web stream': () => ReadableStream.from(later()),
  'the body of a Response': () => new Response(TEXT).body ?? '',
  'a Blob’s stream': () => new Blob([TEXT]).stream(),
};

const SOURCES: Record<string, () => VirtualSource> = Object.fromEntries(
  Object.entries(CONTENTS).flatMap(([name, make]) => [
    [name, make],
    [`a function that gives ${name}`, () => make],
    [`an async function that gives ${name}`, () => async () => make()],
  ]),
);

/** A source that waits after its first piece, and tells when it is let go of. */
class Waiting {
  readonly #ended: Promise<string>;
  #end: (how: string) => void = () => undefined;
  #go: () => void = () => undefined;
  readonly #wanted = new Promise<void>((resolve) => (this.#go = resolve));

  constructor() {
    this.#ended = new Promise((resolve) => (this.#end = resolve));
  }

  goOn(): void {
    this.#go();
  }

  get ended(): Promise<string> {
    return this.#ended;
  }

  readonly kinds: Record<string, () => VirtualSource> = {
    'a generator': () => this.#pieces(),
    'a generator function': () => () => this.#pieces(),
    'a stream': () => this.#stream(true),
    'a stream of bytes': () => this.#stream(false),
    'a function that gives a stream': () => () => this.#stream(true),
    'a web stream': () => this.#webStream(),
    'a function that gives a web stream': () => () => this.#webStream(),
  };

  async *#pieces(): AsyncGenerator<string> {
    try {
      yield PIECES[0];
      await this.#wanted;
      for (;;) yield PIECES[1];
    } finally {
      this.#end('let go');
    }
  }

  #stream(objectMode: boolean): Readable {
    const source = new Readable({ objectMode, read: () => undefined });
    source.push(PIECES[0]);
    return source.once('close', () => this.#end('let go'));
  }

  #webStream(): ReadableStream<string> {
    return new ReadableStream({
      start: (controller) => controller.enqueue(PIECES[0]),
      cancel: () => this.#end('let go'),
    });
  }
}

const KINDS = Object.keys(new Waiting().kinds);

describe.each(ADAPTERS)('generated content on %s', (adapter) => {
  let running: RunningApplication;
  let file: () => DownloadFile;

  beforeAll(async () => {
    @Controller()
    class GeneratedController {
      @Get('source/:name')
      @Download()
      source(@Param('name') name: string) {
        return new VirtualFile(SOURCES[name](), { name: 'a.txt' });
      }

      @Get('returned')
      @Download({ basename: 'returned.txt' })
      returned() {
        return ReadableStream.from(later());
      }

      @Get('file')
      @Download()
      file() {
        return file();
      }
    }
    running = await startApplication(adapter, {
      controllers: [GeneratedController],
    });
  });

  afterAll(() => running.close());

  /** The answer as soon as it begins; its end is not waited for. */
  async function begin(path: string): Promise<IncomingMessage> {
    const [answer] = (await once(
      get(`${running.origin}${path}`, { agent: false }),
      'response',
    )) as [IncomingMessage];
    return answer;
  }

  it.each(Object.keys(SOURCES))('is made of %s, in chunks', async (name) => {
    const path = `/source/${encodeURIComponent(name)}`;
    const answer = await httpRequest(running.origin, path, {
      headers: { Range: 'bytes=0-1' },
    });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(TEXT);
    expect(answer.headers['transfer-encoding']).toBe('chunked');
    expect(answer.headers['content-length']).toBeUndefined();
    expect(answer.headers['accept-ranges']).toBe('none');
  });

  it('is a web stream that a handler returns', async () => {
    const answer = await httpRequest(running.origin, '/returned');
    expect(answer.text).toBe(TEXT);
    expect(answer.headers['content-disposition']).toContain('returned.txt');
  });

  it.each<[string, string | Uint8Array]>([
    ['a text', TEXT],
    ['bytes', Buffer.from(TEXT)],
  ])('knows how many bytes %s has', async (_, source) => {
    file = () => new VirtualFile(source, { name: 'a.txt' });
    const answer = await httpRequest(running.origin, '/file');
    expect(answer.text).toBe(TEXT);
    expect(answer.headers['content-length']).toBe('11');
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.headers['accept-ranges']).toBe('none');
  });

  it('has the size that it is told', async () => {
    file = () => new VirtualFile(later, { name: 'a.txt', size: 11 });
    const answer = await httpRequest(running.origin, '/file');
    expect(answer.text).toBe(TEXT);
    expect(answer.headers['content-length']).toBe('11');
  });

  it('arrives piece by piece, the first before the second is made', async () => {
    const source = new Waiting();
    file = () =>
      new VirtualFile(source.kinds['a generator function'](), { name: 'a' });
    const answer = await begin('/file');
    const [first] = (await once(answer, 'data')) as [Buffer];
    expect(first.toString()).toBe(PIECES[0]);
    source.goOn();
    const [second] = (await once(answer, 'data')) as [Buffer];
    expect(second.toString()).toMatch(/^two\n/);
    answer.destroy();
    await source.ended;
  });

  it.each(KINDS)('lets go of %s when the client leaves', async (kind) => {
    const source = new Waiting();
    file = () => new VirtualFile(source.kinds[kind](), { name: 'a.txt' });
    const answer = await begin('/file');
    await once(answer, 'data');
    answer.destroy();
    // A generator runs on to where it can be told.
    source.goOn();
    expect(await source.ended).toBe('let go');
  });

  it('tells a function when the client leaves', async () => {
    let left: Promise<unknown> | undefined;
    file = () =>
      new VirtualFile(
        async function* (signal) {
          left = once(signal, 'abort');
          yield 'first';
          await left;
        },
        { name: 'a.txt' },
      );
    const answer = await begin('/file');
    await once(answer, 'data');
    answer.destroy();
    await left;
  });

  it.each(KINDS.filter((kind) => !kind.includes('function')))(
    'asks %s for nothing where HEAD is asked, and lets go of it',
    async (kind) => {
      const source = new Waiting();
      let given: VirtualSource = '';
      file = () => {
        given = source.kinds[kind]();
        return new VirtualFile(given, { name: 'a.txt' });
      };
      const answer = await httpRequest(running.origin, '/file', {
        method: 'HEAD',
      });
      expect(answer.status).toBe(200);
      if (kind === 'a generator') {
        // One that has not begun has nothing to tell.
        const generator = given as unknown as AsyncGenerator<string>;
        expect(await generator.next()).toMatchObject({ done: true });
      } else {
        expect(await source.ended).toBe('let go');
      }
    },
  );

  it('calls no function for HEAD', async () => {
    let calls = 0;
    const count = () => [`${(calls += 1)}`];
    for (const made of [
      new VirtualFile(count, { name: 'a.txt' }),
      new CsvFile(() => [count()], { name: 'a.csv' }),
    ]) {
      file = () => made;
      const { status } = await httpRequest(running.origin, '/file', {
        method: 'HEAD',
      });
      expect(status).toBe(200);
    }
    expect(calls).toBe(0);
  });

  it.each<[string, () => Promise<VirtualSource>]>([
    [
      'a web stream that somebody else reads',
      async () => {
        const stream = ReadableStream.from(later());
        await stream.getReader().read();
        return stream;
      },
    ],
    [
      'a web stream that was read',
      async () => {
        const response = new Response(TEXT);
        const { body } = response;
        await response.text();
        return body ?? '';
      },
    ],
    [
      'a stream that was read',
      async () => {
        const stream = Readable.from(PIECES);
        await stream.toArray();
        return stream;
      },
    ],
  ])('is not made of %s: an empty file would look whole', async (_, make) => {
    const source = await make();
    file = () => new VirtualFile(source, { name: 'a.txt' });
    const answer = await httpRequest(running.origin, '/file');
    expect(answer.status).toBe(500);
    expect(answer.headers['cache-control']).toBe('no-store');
  });
});
