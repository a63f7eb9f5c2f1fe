import { once } from 'node:events';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';

import { describe, expect, it } from '@jest/globals';
import { instanceToPlain } from 'class-transformer';
import {
  InvalidOptionsError,
  VirtualFile,
  type VirtualSource,
} from 'nestjs-downloadview';

import { bytesOf, textOf } from '../../support/clients/bytes-of.js';

const NAME = { name: 'a.txt' };
const TEXT = 'a é 日本';

function* generate(): Generator<string> {
  yield 'a é ';
  yield '日本';
}

async function* generateLater(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('a é ');
  await Promise.resolve();
  yield Buffer.from('日本');
}

/** Text in place of bytes, as setEncoding() makes of a stream. */
function textStream(): Readable {
  return Readable.from([Buffer.from(TEXT)], { objectMode: false }).setEncoding(
    'utf8',
  );
}

describe('VirtualFile', () => {
  it.each<[string, () => VirtualSource]>([
    ['a text', () => TEXT],
    ['bytes', () => new TextEncoder().encode(TEXT)],
    ['a list', () => ['a é ', Buffer.from('日本')]],
    ['a list with empty pieces', () => ['', 'a é ', '', '日本', '']],
    ['a Set', () => new Set(['a é ', '日本'])],
    ['a generator', () => generate()],
    ['an async generator', () => generateLater()],
    [
      'a stream of bytes',
      () => Readable.from([Buffer.from(TEXT)], { objectMode: false }),
    ],
    ['a stream of objects', () => Readable.from(['a é ', '日本'])],
    ['a stream that decodes', textStream],
    ['a web stream of bytes', () => new Blob([TEXT]).stream()],
    ['a web stream of texts', () => ReadableStream.from(['a é ', '日本'])],
    ['a function that gives a text', () => () => TEXT],
    ['a function that gives bytes', () => () => Buffer.from(TEXT)],
    ['a generator function', () => generate],
    ['an async generator function', () => generateLater],
    ['an async function', () => async () => Promise.resolve(generate())],
    ['a function that gives a stream', () => () => Readable.from([TEXT])],
    ['a function that gives a body', () => () => new Response(TEXT).body ?? ''],
  ])('is made of %s, as bytes', async (_, source) => {
    const file = new VirtualFile(source(), NAME);
    const stream = await file.open();
    expect(stream.readableObjectMode).toBe(false);
    expect((await bytesOf(stream)).toString()).toBe(TEXT);
  });

  it('gives chunks that are bytes, whatever it is made of', async () => {
    for (const source of [TEXT, generate, () => textStream()]) {
      const stream = await new VirtualFile(source, NAME).open();
      for await (const chunk of stream) {
        expect(chunk).toBeInstanceOf(Uint8Array);
      }
    }
  });

  it('joins a character that comes in two pieces', async () => {
    const pieces = [...'a😀b'.split(''), '\ud83d'];
    expect(pieces).toHaveLength(5);
    const file = new VirtualFile(pieces, NAME);
    expect(await textOf(await file.open())).toBe('a😀b\ufffd');
  });

  it('may be empty', async () => {
    for (const source of ['', new Uint8Array(), [], () => '']) {
      const file = new VirtualFile(source, NAME);
      expect(await textOf(await file.open())).toBe('');
    }
  });

  it('asks a function only when it is opened, and each time', async () => {
    let calls = 0;
    const file = new VirtualFile(() => `${(calls += 1)}`, NAME);
    file.stat();
    expect(calls).toBe(0);
    expect(await textOf(await file.open())).toBe('1');
    expect(await textOf(await file.open())).toBe('2');
  });

  it('pulls nothing before it is read, and no more than is read', async () => {
    const yielded: number[] = [];
    function* numbers(): Generator<Uint8Array> {
      for (let number = 0; ; number += 1) {
        yielded.push(number);
        yield Buffer.alloc(64 * 1024);
      }
    }
    const stream = await new VirtualFile(numbers, NAME).open();
    expect(yielded).toEqual([]);
    stream.once('readable', () => void stream.read());
    await once(stream, 'data');
    stream.destroy();
    expect(yielded.length).toBeLessThan(10);
  });

  it('knows what it is told, and nothing else', () => {
    const lastModified = new Date('2026-01-02T03:04:05Z');
    const told = { ...NAME, size: 3, lastModified, etag: 'v1' };
    expect(new VirtualFile(['abc'], told).stat()).toEqual({
      size: 3,
      lastModified,
      etag: '"v1"',
    });
    const { size, etag } = new VirtualFile(['abc'], NAME).stat();
    expect(size).toBeUndefined();
    expect(etag).toBeUndefined();
  });

  it('knows how many bytes a text has, and that it is UTF-8', () => {
    expect(new VirtualFile(TEXT, NAME).stat()).toMatchObject({
      size: 11,
      charset: 'utf-8',
    });
    const bytes = new VirtualFile(Buffer.from(TEXT), NAME).stat();
    expect(bytes).toMatchObject({ size: 11, charset: undefined });
    expect(new VirtualFile(() => TEXT, NAME).stat().size).toBeUndefined();
    expect(new VirtualFile('', NAME).stat().size).toBe(0);
  });

  it.each<[string, unknown]>([
    ['name', undefined],
    ['name', 7],
    ['size', -1],
    ['size', 1.5],
    ['size', '7'],
    ['lastModified', '2026-01-01'],
    ['lastModified', new Date(NaN)],
    ['lastModified', null],
    ['etag', 7],
  ])('refuses %s: %j', (option, value) => {
    const options = { ...NAME, [option]: value };
    expect(() => new VirtualFile(TEXT, options)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTIONS',
        option: `VirtualFile.${option}`,
      }),
    );
  });

  it('refuses to be made without options', () => {
    const options = undefined as unknown as { name: string };
    expect(() => new VirtualFile(TEXT, options)).toThrow(
      'Invalid option "VirtualFile": undefined was given.',
    );
  });

  it('knows no windows: it gives the whole', async () => {
    const file = new VirtualFile(() => '0123456789', NAME);
    const window = { start: 2, end: 5 };
    expect(await textOf(await file.open(window))).toBe('0123456789');
  });

  it.each<[string, unknown]>([
    ['a number', 7],
    ['nothing', undefined],
    ['null', null],
    ['a plain object', { text: 'a' }],
    ['a promise', Promise.resolve('a')],
  ])('refuses %s as its source', async (_, wrong) => {
    const source = wrong as string;
    const create = () => new VirtualFile(source, NAME);
    expect(create).toThrow(InvalidOptionsError);
    expect(create).toThrow('Give a stream, an iterable, an async iterable');
    const late = new VirtualFile(() => source, NAME).open();
    if (wrong instanceof Promise) expect(await textOf(await late)).toBe('a');
    else await expect(late).rejects.toThrow('The function must give');
  });

  it.each<[string, unknown]>([
    ['a number', 7],
    ['an object', { id: 7 }],
    ['a list', ['a']],
    ['undefined', undefined],
    ['null', null],
    ['an ArrayBuffer', new ArrayBuffer(2)],
  ])('fails at a chunk that is %s, and says so', async (_, chunk) => {
    const source = ['first', chunk as string];
    const stream = await new VirtualFile(source, NAME).open();
    const call = textOf(stream);
    await expect(call).rejects.toBeInstanceOf(InvalidOptionsError);
    await expect(call).rejects.toThrow(
      'Every chunk must be a string or a Uint8Array',
    );
  });

  it('passes on what a function or a generator throws', async () => {
    const error = new Error('No rows');
    const failing = (): never => {
      throw error;
    };
    const file = new VirtualFile(failing, NAME);
    await expect(file.open()).rejects.toBe(error);
    async function* midway(): AsyncGenerator<string> {
      yield 'a';
      throw error;
    }
    const stream = await new VirtualFile(midway, NAME).open();
    await expect(textOf(stream)).rejects.toBe(error);
  });

  it('runs return() on a generator that is not wanted any more', async () => {
    let returned = false;
    async function* endless(): AsyncGenerator<string> {
      try {
        for (;;) yield 'a';
      } finally {
        returned = true;
      }
    }
    const stream = await new VirtualFile(endless, NAME).open();
    await once(stream, 'readable');
    stream.destroy();
    await once(stream, 'close');
    expect(returned).toBe(true);
  });

  it('stops when the client has left', async () => {
    const leave = new AbortController();
    const { signal } = leave;
    const stream = await new VirtualFile(generate, NAME).open({ signal });
    leave.abort();
    await expect(textOf(stream)).rejects.toThrow('aborted');
  });

  it('gives its function a signal, whoever opens it', async () => {
    const leave = new AbortController();
    const given: AbortSignal[] = [];
    const file = new VirtualFile((signal) => {
      given.push(signal);
      return TEXT;
    }, NAME);
    await file.open();
    await file.open({ signal: leave.signal });
    leave.abort();
    expect(given.map(({ aborted }) => aborted)).toEqual([false, true]);
  });

  it('lets go of what it waits for', async () => {
    const stream = new Readable({ objectMode: true, read() {} });
    let reason: unknown = 'not cancelled';
    const webStream = new ReadableStream<string>({
      cancel: (given) => void (reason = given),
    });
    for (const source of [stream, webStream]) {
      const bytes = await new VirtualFile(source, NAME).open();
      bytes.read();
      await new Promise(setImmediate);
      bytes.destroy();
      await once(bytes, 'close');
    }
    expect(stream.destroyed).toBe(true);
    expect(reason).not.toBe('not cancelled');
  });

  it('lets go of an iterator that it has never asked', async () => {
    let returned = 0;
    const cursor = (): AsyncIterableIterator<string> => ({
      [Symbol.asyncIterator]() {
        return this;
      },
      next: () => Promise.resolve({ done: true, value: undefined }),
      return: () => {
        returned += 1;
        return Promise.reject(new Error('The cursor is closed'));
      },
    });
    const stream = await new VirtualFile(cursor, NAME).open();
    stream.destroy();
    await once(stream, 'close');
    new VirtualFile(cursor(), NAME).discard();
    await new Promise(setImmediate);
    expect(returned).toBe(2);
  });

  it('is read once where its source can be read once', async () => {
    for (const source of [
      Readable.from([TEXT]),
      ReadableStream.from([TEXT]),
      generate(),
    ]) {
      const file = new VirtualFile(source, NAME);
      await textOf(await file.open());
      await expect(file.open()).rejects.toThrow(
        'It was read before. Give a function that makes a new one',
      );
    }
  });

  it.each<[string, () => Promise<VirtualSource>, string]>([
    [
      'a web stream that has a reader',
      async () => {
        const stream = ReadableStream.from([TEXT]);
        stream.getReader();
        return Promise.resolve(stream);
      },
      "'a web stream' was given. It is locked",
    ],
    [
      'a web stream that somebody has read',
      async () => {
        const response = new Response(TEXT);
        await response.text();
        return response.body ?? '';
      },
      "'a web stream' was given. It was read before",
    ],
    [
      'a stream that somebody has read',
      async () => {
        const stream = Readable.from([TEXT]);
        await stream.toArray();
        return stream;
      },
      "'a stream' was given. It was read before",
    ],
  ])('refuses %s', async (_, make, message) => {
    const source = await make();
    await expect(new VirtualFile(source, NAME).open()).rejects.toThrow(message);
    new VirtualFile(source, NAME).discard();
  });

  it('lets go of a stream that is not going to be read', async () => {
    const source = Readable.from([TEXT]);
    new VirtualFile(source, NAME).discard();
    await once(source, 'close');
    new VirtualFile(TEXT, NAME).discard();
    new VirtualFile(generate, NAME).discard();
  });

  it.each<[string, () => Readable]>([
    ['bytes', () => Readable.from([Buffer.from('a')], { objectMode: false })],
    ['objects', () => Readable.from(['a'])],
  ])(
    'lets go of a stream of %s that its function made, and nobody reads',
    async (_, make) => {
      const source = make();
      const stream = await new VirtualFile(() => source, NAME).open();
      stream.destroy();
      await once(stream, 'close').catch(() => undefined);
      expect(source.destroyed).toBe(true);
    },
  );

  it.each<[string, boolean]>([
    ['bytes', false],
    ['objects', true],
  ])(
    'fails with a stream of %s that fails before it is opened',
    async (_, objectMode) => {
      const source = new Readable({ objectMode, read: () => undefined });
      const file = new VirtualFile(source, NAME);
      const closed = new Promise((resolve) => source.on('close', resolve));
      source.destroy(new Error('The cursor is closed'));
      await closed;
      const call = Promise.resolve(file.open()).then(textOf);
      await expect(call).rejects.toThrow('The cursor is closed');
    },
  );

  it('fails with a stream of objects that fails before it is read', async () => {
    const source = new Readable({ objectMode: true, read: () => undefined });
    const stream = await new VirtualFile(source, NAME).open();
    // Not by once(): it would listen for the error, which nobody else may do yet.
    const closed = new Promise((resolve) => source.on('close', resolve));
    source.destroy(new Error('The cursor is closed'));
    await closed;
    await expect(textOf(stream)).rejects.toThrow('The cursor is closed');
  });

  it('is serialised by its name alone', () => {
    const file = new VirtualFile('secret', NAME);
    expect(JSON.parse(JSON.stringify({ file }))).toEqual({
      file: { name: file.name },
    });
    expect(JSON.stringify(instanceToPlain({ file }))).not.toContain('/');
  });
});
