import { Readable } from 'node:stream';

import {
  InvalidOptionsError,
  refuseSerialization,
} from '../errors/download-errors.js';
import { type FileStat, type ReadWindow } from '../storages/file-stat.js';
import { type DownloadFile } from './download-file.js';
import { toldFacts } from './virtual-file-facts.js';
import { discardUnread, readOnce } from './virtual-file-once.js';
import {
  byteStream,
  isChunk,
  isContent,
  type VirtualSource,
} from './virtual-file-source.js';

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
  /** @throws SerializedFileError always: its fields are not for clients */
  readonly toJSON = refuseSerialization('A VirtualFile');
  readonly acceptsRanges = false;
  readonly #source: VirtualSource;
  readonly #stat: FileStat;

  /** @throws InvalidOptionsError for what is no source, and for options that are wrong */
  constructor(source: VirtualSource, options: VirtualFileOptions) {
    if (typeof source !== 'function' && !isContent(source)) {
      throw new InvalidOptionsError(
        'VirtualFile.source',
        source,
        'Give a stream, an iterable, an async iterable, or a function that makes one.',
      );
    }
    const told = toldFacts('VirtualFile', options);
    // It may fail before anybody reads it; who reads it then is told.
    if (source instanceof Readable) source.on('error', () => undefined);
    this.name = options.name;
    this.#source = source;
    this.#stat = {
      ...told,
      size: told.size ?? (isChunk(source) ? bytesIn(source) : undefined),
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
        content,
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
