import { Readable } from 'node:stream';

import { InvalidOptionsError } from '../errors/invalid-options.error.js';
import { refuseSerialization } from '../errors/serialized-file.error.js';
import { toEntityTag } from '../http/entity-tag.js';
import { type Awaitable } from '../storages/awaitable.js';
import { type FileStat, type ReadWindow } from '../storages/file-stat.js';
import { type DownloadFile } from './download-file.js';

/**
 * A piece of generated content; strings are encoded as UTF-8.
 *
 * @publicApi
 */
export type VirtualChunk = string | Uint8Array;

/**
 * Where generated content comes from.
 *
 * @publicApi
 */
export type VirtualContent =
  | VirtualChunk
  | Readable
  | Iterable<VirtualChunk>
  | AsyncIterable<VirtualChunk>;

/**
 * Generated content, or a function that makes it. A function is called only when the bytes are sent.
 *
 * @publicApi
 */
export type VirtualSource = VirtualContent | (() => Awaitable<VirtualContent>);

/**
 * Options of VirtualFile.
 *
 * @publicApi
 */
export interface VirtualFileOptions {
  /** What the client calls it. */
  readonly name: string;
  /** Bytes, where they are known beforehand. A promise: fewer or more cut the connection. */
  readonly size?: number;
  /** When a new request would bring something else; brings Last-Modified and 304. */
  readonly lastModified?: Date;
  /** A tag that changes with the content; quoted where it is not. */
  readonly etag?: string;
}

/**
 * Content that is made while it is sent, as fast as the client takes it. A client that leaves makes
 * `return()` run on the generator.
 *
 * ```ts
 * new VirtualFile(async function* () { yield 'Hello '; yield 'world!'; }, { name: 'hello.txt' })
 * ```
 *
 * @publicApi
 */
export class VirtualFile implements DownloadFile {
  readonly name: string;
  /** @throws SerializedFileError always: its fields are not for clients */
  readonly toJSON = refuseSerialization('A VirtualFile');
  readonly acceptsRanges = false;
  readonly #source: VirtualSource;
  readonly #stat: FileStat;

  constructor(source: VirtualSource, options: VirtualFileOptions) {
    if (typeof source !== 'function' && !isContent(source)) {
      throw new InvalidOptionsError(
        'VirtualFile.source',
        source,
        'Give a stream, an iterable, an async iterable, or a function that makes one.',
      );
    }
    // It may fail before anybody reads it; who reads it then is told.
    if (source instanceof Readable) source.on('error', () => undefined);
    this.name = options.name;
    this.#source = source;
    this.#stat = {
      size: options.size,
      lastModified: options.lastModified,
      etag: toEntityTag(options.etag ?? ''),
    };
  }

  stat(): FileStat {
    return this.#stat;
  }

  /** The whole content; generated content knows no windows. */
  async open({ signal }: ReadWindow = {}): Promise<Readable> {
    const content =
      typeof this.#source === 'function' ? await this.#source() : this.#source;
    if (!isContent(content)) {
      throw new InvalidOptionsError(
        'VirtualFile.source',
        content,
        'The function must give a stream, an iterable or an async iterable.',
      );
    }
    refuseSecondReading(content);
    if (!(content instanceof Readable)) return byteStream(content, signal);
    if (givesBytes(content)) return content;
    // A generator that nobody has started neither ends its source nor hears that it failed.
    const stream = byteStream(content, signal);
    content.on('error', (error) => stream.destroy(error));
    stream.once('close', () => content.destroy());
    return stream;
  }

  discard(): void {
    if (this.#source instanceof Readable) this.#source.destroy();
  }
}

const begun = new WeakSet<object>();

/** A second client would get an empty file that looks whole. */
function refuseSecondReading(content: VirtualContent): void {
  if (isChunk(content)) return;
  const isOnce =
    content instanceof Readable ||
    'next' in content ||
    content instanceof ReadableStream;
  if (isOnce && begun.has(content)) {
    throw new InvalidOptionsError(
      'VirtualFile.source',
      content instanceof Readable ? 'a stream' : 'a generator object',
      'It was read before. Give a function that makes a new one: new VirtualFile(() => rows(), { name }).',
    );
  }
  if (isOnce) begun.add(content);
}

function byteStream(content: VirtualContent, signal?: AbortSignal): Readable {
  return Readable.from(bytesOf(content), { objectMode: false, signal });
}

/** Neither objects nor, after setEncoding(), text: a length in characters is none in bytes. */
function givesBytes(stream: Readable): boolean {
  return !stream.readableObjectMode && stream.readableEncoding === null;
}

function isChunk(value: unknown): value is VirtualChunk {
  return typeof value === 'string' || value instanceof Uint8Array;
}

function isContent(value: unknown): value is VirtualContent {
  return (
    typeof value === 'string' ||
    (typeof value === 'object' &&
      value !== null &&
      (Symbol.iterator in value || Symbol.asyncIterator in value))
  );
}

async function* bytesOf(content: VirtualContent): AsyncGenerator<Uint8Array> {
  // Text and bytes are iterable too, but by character and by number.
  for await (const chunk of isChunk(content) ? [content] : content) {
    if (typeof chunk === 'string') yield Buffer.from(chunk);
    else if (chunk instanceof Uint8Array) yield chunk;
    else {
      throw new InvalidOptionsError(
        'VirtualFile.source',
        chunk,
        'Every chunk must be a string or a Uint8Array; turn objects into text first.',
      );
    }
  }
}
