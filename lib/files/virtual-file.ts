import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';

import { checkNames, namesOf } from '../errors/check-options.js';
import {
  InvalidOptionsError,
  nameAlone,
  shapeOf,
} from '../errors/download-errors.js';
import { toEntityTag } from '../http/preconditions.js';
import { type FileStat, type ReadWindow } from '../storages/file-stat.js';
import { type DownloadFile } from './download-file.js';
import {
  letGo,
  byteStream,
  isChunk,
  isContent,
  type VirtualSource,
} from './virtual-file-source.js';

/**
 * What the application says of content that it has or makes itself.
 *
 * @internal
 */
export interface GivenFacts {
  readonly name: string;
  readonly size?: number;
  readonly lastModified?: Date;
  readonly etag?: string;
}

/**
 * Checks what a wrapper of generated content is told, and gives it as facts.
 *
 * @param owner the wrapper, for messages: `VirtualFile`
 * @param known its options; where they are checked elsewhere, none
 * @throws InvalidOptionsError
 * @internal
 */
export function givenFacts(
  owner: string,
  options: GivenFacts,
  known?: ReadonlySet<string>,
): FileStat {
  if (known) checkNames(owner, options, known, "{ name: 'report.csv' }");
  const { name, size, lastModified, etag } = checked(owner, options);
  const wrong = (option: string, value: unknown, accepted: string): Error =>
    new InvalidOptionsError(`${owner}.${option}`, value, accepted);
  if (typeof name !== 'string') {
    throw wrong('name', name, "Give the name for the client: 'report.csv'.");
  }
  if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0)) {
    throw wrong('size', size, 'Give whole bytes, or leave it out.');
  }
  if (lastModified !== undefined && !isTime(lastModified)) {
    const accepted = 'Give a Date, or leave it out.';
    throw wrong('lastModified', lastModified, accepted);
  }
  if (etag !== undefined && typeof etag !== 'string') {
    throw wrong('etag', etag, 'Give a string, or leave it out.');
  }
  return { size, lastModified, etag: toEntityTag(etag ?? '') };
}

function checked(owner: string, options: unknown): Partial<GivenFacts> {
  if (typeof options === 'object' && options !== null) return options;
  throw new InvalidOptionsError(owner, options, "Give { name: 'report.csv' }.");
}

function isTime(value: unknown): boolean {
  return value instanceof Date && !Number.isNaN(value.getTime());
}

const begun = new WeakSet<object>();

/**
 * Marks a source that can be read once as being read. A second client would get an empty file that looks
 * whole.
 *
 * @param option where it was given: `VirtualFile.source`
 * @param remedy what to give instead, as code
 * @throws InvalidOptionsError for one that was read before, or is being read by somebody else
 * @internal
 */
export function readOnce(
  source: unknown,
  option: string,
  remedy: string,
): void {
  if (!isOnce(source)) return;
  const given = kindOf(source);
  if (begun.has(source) || wasRead(source)) {
    throw new InvalidOptionsError(
      option,
      given,
      `It was read before. Give a function that makes a new one: ${remedy}.`,
    );
  }
  if (source instanceof ReadableStream && source.locked) {
    throw new InvalidOptionsError(
      option,
      given,
      'It is locked: somebody else reads it. Release its reader, or give one branch of its tee().',
    );
  }
  begun.add(source);
}

/**
 * Ends a source that was handed in and that nobody reads. One that is being read ends by itself.
 *
 * @internal
 */
export function discardUnread(source: unknown): void {
  if (source instanceof Readable) letGo(source);
  if (!isOnce(source) || begun.has(source)) return;
  if (source instanceof ReadableStream && source.locked) return;
  begun.add(source);
  letGo(source);
}

function isOnce(source: unknown): source is object {
  return (
    typeof source === 'object' &&
    source !== null &&
    (source instanceof Readable ||
      source instanceof ReadableStream ||
      'next' in source)
  );
}

function wasRead(source: object): boolean {
  if (source instanceof Readable) return source.readableEnded;
  return (
    source instanceof ReadableStream &&
    // Of web streams, too, which its type does not know.
    Readable.isDisturbed(source as never)
  );
}

function kindOf(source: object): string {
  if (source instanceof Readable) return 'a stream';
  return source instanceof ReadableStream
    ? 'a web stream'
    : 'a generator object';
}

/**
 * Options of VirtualFile.
 *
 * @publicApi
 */
export interface VirtualFileOptions {
  /** What the client calls it. */
  readonly name: string;
  /**
   * Bytes, where they are known beforehand. A promise: fewer or more cut the connection. Those of text and
   * bytes that are given as they are need not be told.
   */
  readonly size?: number;
  /** When a new request would bring something else; brings Last-Modified and 304. */
  readonly lastModified?: Date;
  /** A tag that changes with the content; quoted where it is not. */
  readonly etag?: string;
}

const OPTIONS = namesOf<VirtualFileOptions>({
  name: true,
  size: true,
  lastModified: true,
  etag: true,
});

/**
 * Content that is made while it is sent, as fast as the client takes it. A client that leaves makes
 * `return()` run on the generator, and ends a stream.
 *
 * ```ts
 * new VirtualFile(async function* () { yield 'Hello '; yield 'world!'; }, { name: 'hello.txt' })
 * ```
 *
 * @publicApi
 */
export class VirtualFile implements DownloadFile {
  readonly name: string;
  /** Its name, and nothing else: fields of it are not for clients. */
  readonly toJSON = nameAlone;
  readonly acceptsRanges = false;
  readonly #source: VirtualSource;
  readonly #stat: FileStat;

  /** @throws InvalidOptionsError for what is no source, and for options that are wrong */
  constructor(source: VirtualSource, options: VirtualFileOptions) {
    if (typeof source !== 'function' && !isContent(source)) {
      throw new InvalidOptionsError(
        'VirtualFile.source',
        shapeOf(source),
        'Give a stream, an iterable, an async iterable, or a function that makes one.',
      );
    }
    const given = givenFacts('VirtualFile', options, OPTIONS);
    // It may fail before anybody reads it; who reads it then is told.
    if (source instanceof Readable) source.on('error', () => undefined);
    this.name = options.name;
    this.#source = source;
    this.#stat = {
      ...given,
      size: given.size ?? (isChunk(source) ? bytesIn(source) : undefined),
      charset: typeof source === 'string' ? 'utf-8' : undefined,
    };
  }

  stat(): FileStat {
    return this.#stat;
  }

  /**
   * The whole content; generated content knows no windows.
   *
   * @throws InvalidOptionsError for a source that was read before, or a function that gives none
   */
  async open({ signal }: ReadWindow = {}): Promise<Readable> {
    const content =
      typeof this.#source === 'function'
        ? await this.#source(signal ?? new AbortController().signal)
        : this.#source;
    if (!isContent(content)) {
      throw new InvalidOptionsError(
        'VirtualFile.source',
        shapeOf(content),
        'The function must give a stream, an iterable or an async iterable.',
      );
    }
    readOnce(
      content,
      'VirtualFile.source',
      'new VirtualFile(() => rows(), { name })',
    );
    return byteStream(content, signal);
  }

  discard(): void {
    discardUnread(this.#source);
  }
}

function bytesIn(chunk: string | Uint8Array): number {
  return typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length;
}
