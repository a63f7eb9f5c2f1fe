import { Readable } from 'node:stream';

import { namesOf } from '../errors/check-options.js';
import {
  InvalidOptionsError,
  nameAlone,
  shapeOf,
} from '../errors/download-errors.js';
import { type FileStat, type ReadWindow } from '../storages/file-stat.js';
import { type DownloadFile } from './download-file.js';
import { givenFacts } from './virtual-file.js';

/**
 * Options of ContentFile.
 *
 * @publicApi
 */
export interface ContentFileOptions {
  /** What the client calls it. */
  readonly name: string;
  /** When the content last changed; brings Last-Modified and 304. */
  readonly lastModified?: Date;
  /** A tag that changes with the content; quoted where it is not. */
  readonly etag?: string;
}

const OPTIONS = namesOf<ContentFileOptions>({
  name: true,
  lastModified: true,
  etag: true,
});

/**
 * Text or bytes that are already in memory. The size of a text is counted in bytes of UTF-8.
 *
 * ```ts
 * new ContentFile('Hello world!\n', { name: 'hello-world.txt' })
 * ```
 *
 * @publicApi
 */
export class ContentFile implements DownloadFile {
  readonly name: string;
  /** Its name, and nothing else: fields of it are not for clients. */
  readonly toJSON = nameAlone;
  readonly #bytes: Uint8Array;
  readonly #stat: FileStat;

  /** @throws InvalidOptionsError for what is neither text nor bytes, and for options that are wrong */
  constructor(content: string | Uint8Array, options: ContentFileOptions) {
    if (typeof content !== 'string' && !(content instanceof Uint8Array)) {
      throw new InvalidOptionsError(
        'ContentFile.content',
        shapeOf(content),
        'Give a string or a Uint8Array.',
      );
    }
    const { lastModified, etag } = givenFacts('ContentFile', options, OPTIONS);
    this.name = options.name;
    this.#bytes = typeof content === 'string' ? Buffer.from(content) : content;
    this.#stat = {
      size: this.#bytes.length,
      lastModified,
      etag,
      charset: typeof content === 'string' ? 'utf-8' : undefined,
    };
  }

  stat(): FileStat {
    return this.#stat;
  }

  open({ start = 0, end }: ReadWindow = {}): Readable {
    const window = this.#bytes.subarray(
      start,
      (end ?? this.#bytes.length - 1) + 1,
    );
    return Readable.from(window.length > 0 ? [window] : [], {
      objectMode: false,
    });
  }
}
