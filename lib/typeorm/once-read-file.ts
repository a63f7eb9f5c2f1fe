import { Readable } from 'node:stream';

import { InvalidOptionsError } from '../errors/download-errors.js';
import { type DownloadFile } from '../files/download-file.js';
import { type FileStat } from '../storages/file-stat.js';

/**
 * A content that is gone once it is read: a second time there would be an empty file where the first one
 * failed.
 *
 * @internal
 */
export class OnceReadFile implements DownloadFile {
  readonly acceptsRanges = false;
  readonly #content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  #isRead = false;

  constructor(
    readonly name: string,
    content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ) {
    // It may fail before anybody reads it; who reads it then is told.
    if (content instanceof Readable) content.on('error', () => undefined);
    this.#content = content;
  }

  stat(): FileStat {
    return {};
  }

  /** @throws InvalidOptionsError the second time */
  open(): Readable {
    if (this.#isRead) {
      throw new InvalidOptionsError(
        'NewFile.content',
        this.name,
        'Its stream or iterable has been read before. Make a NewFile of a new one, or of bytes or a file, which can be read again.',
      );
    }
    this.#isRead = true;
    return this.#content instanceof Readable
      ? this.#content
      : Readable.from(this.#content, { objectMode: false });
  }
}
