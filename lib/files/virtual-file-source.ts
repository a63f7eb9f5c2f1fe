import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';

import { InvalidOptionsError, shapeOf } from '../errors/download-errors.js';
import { type Awaitable } from '../storages/awaitable.js';

/**
 * What a generator gives, as a stream of bytes. A stream that is destroyed tells its generator only when the
 * generator has something to give, and may wait for that forever: what the generator waits for is ended first.
 *
 * @param end called once, when the stream has ended or is destroyed
 * @param signal destroys the stream
 * @internal
 */
export function generatedStream(
  bytes: AsyncGenerator<unknown, void>,
  end: () => void,
  signal?: AbortSignal,
): Readable {
  const iterator: AsyncIterableIterator<unknown, void> = {
    [Symbol.asyncIterator]: () => iterator,
    next: () => bytes.next(),
    return: () => {
      end();
      return bytes.return();
    },
  };
  return Readable.from(iterator, { objectMode: false, signal });
}

/**
 * A piece of generated content; strings are encoded as UTF-8.
 *
 * @publicApi
 */
export type VirtualChunk = string | Uint8Array;

/**
 * Where generated content comes from. A stream is one of Node or of the web: the `body` of a `fetch()`,
 * `blob.stream()`.
 *
 * @publicApi
 */
export type VirtualContent =
  | VirtualChunk
  | Readable
  | ReadableStream<VirtualChunk>
  | Iterable<VirtualChunk>
  | AsyncIterable<VirtualChunk>;

/**
 * Generated content, or a function that makes it. A function is called only when the bytes are sent; its
 * signal fires when the client has left.
 *
 * @publicApi
 */
export type VirtualSource =
  VirtualContent | ((signal: AbortSignal) => Awaitable<VirtualContent>);

/**
 * Whether it is text or bytes that are there already.
 *
 * @internal
 */
export function isChunk(value: unknown): value is VirtualChunk {
  return typeof value === 'string' || value instanceof Uint8Array;
}

/**
 * @internal
 */
export function isContent(value: unknown): value is VirtualContent {
  return (
    typeof value === 'string' ||
    (typeof value === 'object' &&
      value !== null &&
      (Symbol.iterator in value || Symbol.asyncIterator in value))
  );
}

/**
 * The content as a stream of bytes. Whatever it comes from is let go of when the stream closes.
 *
 * @throws InvalidOptionsError while it is read, for pieces that are neither text nor bytes
 * @internal
 */
export function byteStream(
  content: VirtualContent,
  signal?: AbortSignal,
): Readable {
  if (content instanceof Readable && givesBytes(content)) return content;
  const source =
    content instanceof ReadableStream
      ? Readable.fromWeb(content, { objectMode: true, highWaterMark: 1 })
      : content;
  let isBegun = false;
  const bytes = bytesOf(source, () => (isBegun = true));
  const end = (): void => {
    if (source instanceof Readable || !isBegun) letGo(source);
  };
  const stream = generatedStream(bytes, end, signal);
  // A generator that nobody has started does not hear that its source failed.
  if (source instanceof Readable) {
    source.on('error', (error) => stream.destroy(error));
  }
  return stream;
}

/**
 * Ends what is not going to be read, or not any further.
 *
 * @internal
 */
export function letGo(source: unknown): void {
  if (source instanceof Readable) {
    source.destroy();
  } else if (source instanceof ReadableStream) {
    source.cancel().catch(() => undefined);
  } else if (isIterator(source)) {
    // Whoever waits for the answer has left: nobody is there to be told.
    void Promise.resolve()
      .then(() => source.return?.())
      .catch(() => undefined);
  }
}

function isIterator(
  value: unknown,
): value is Iterator<unknown> | AsyncIterator<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'next' in value &&
    typeof value.next === 'function' &&
    (!('return' in value) || typeof value.return === 'function')
  );
}

/** Neither objects nor, after setEncoding(), text: a length in characters is none in bytes. */
function givesBytes(stream: Readable): boolean {
  return !stream.readableObjectMode && stream.readableEncoding === null;
}

/** A character of two code units may come in two pieces of text. */
async function* bytesOf(
  content: Exclude<VirtualContent, ReadableStream>,
  begin: () => void,
): AsyncGenerator<Uint8Array, void> {
  begin();
  let half = '';
  // Text and bytes are iterable too, but by character and by number.
  for await (const chunk of isChunk(content) ? [content] : content) {
    if (typeof chunk === 'string') {
      const text = half + chunk;
      half = /[\ud800-\udbff]$/.exec(text)?.[0] ?? '';
      yield Buffer.from(text.slice(0, text.length - half.length));
    } else if (chunk instanceof Uint8Array) {
      yield chunk;
    } else {
      throw new InvalidOptionsError(
        'VirtualFile.source',
        shapeOf(chunk),
        'Every chunk must be a string or a Uint8Array; turn objects into text first.',
      );
    }
  }
  yield Buffer.from(half);
}

/**
 * Bytes, a stream of them, or what opens one.
 *
 * @internal
 */
export type StreamPiece = Uint8Array | Readable | (() => Awaitable<Readable>);

/**
 * One piece after the other as one stream. What is to be opened is opened when its turn comes; whatever is
 * open is closed when nobody reads on, also while it is waited for.
 *
 * @internal
 */
export function joinedStream(pieces: readonly StreamPiece[]): Readable {
  const open = pieces.filter((piece) => piece instanceof Readable);
  // Before its turn it may fail; who reads it then is told.
  for (const piece of open) piece.on('error', () => undefined);
  let isOver = false;
  async function* bytes(): AsyncGenerator<unknown, void> {
    for (const piece of pieces) {
      if (piece instanceof Uint8Array) {
        yield piece;
        continue;
      }
      const stream = piece instanceof Readable ? piece : await piece();
      open.push(stream);
      if (isOver) stream.destroy();
      yield* stream;
    }
  }
  return generatedStream(bytes(), () => {
    isOver = true;
    for (const stream of open) stream.destroy();
  });
}
