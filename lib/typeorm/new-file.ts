import { Readable } from 'node:stream';

import { InvalidOptionsError } from '../errors/download-errors.js';
import { kindOf } from '../errors/quote.js';
import { ContentFile } from '../files/content-file.js';
import { type DownloadFile, isDownloadFile } from '../files/download-file.js';
import { StorageFile } from '../files/storage-file.js';
import {
  DownloadStorage,
  type StorageContent,
} from '../storages/download-storage.js';
import { type FileStat, type ReadWindow } from '../storages/file-stat.js';

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

/**
 * A file that is not stored yet: give it to a property with `@FileColumn()`, and saving the entity stores it.
 * The property is the stored file from then on.
 *
 * ```ts
 * document.file = new NewFile(upload.originalname, upload.buffer);
 * await documents.save(document);
 * ```
 *
 * @publicApi
 */
export class NewFile extends StorageFile {
  readonly #content: DownloadFile;

  /**
   * @param name what it is called. It may come from a client: the last segment is taken, without what file
   *   systems and clients cannot hold.
   * @param content text, bytes, a stream or another iterable of bytes, or a file: `new LocalFile(path)`. A
   *   stream or iterable can be saved once; all else again, after a save that failed.
   * @throws InvalidOptionsError for a content that is none of these
   */
  constructor(name: string, content: StorageContent | DownloadFile) {
    if (typeof name !== 'string') {
      throw new InvalidOptionsError('NewFile.name', name, 'Give a file name.');
    }
    const file = toFile(name, content);
    super(new Unstored(file), name, { name });
    this.#content = file;
  }

  /**
   * Keeps the content in a storage.
   *
   * @param key where that is free, else the storage makes it another one
   * @returns the key that it got
   * @internal
   */
  async storeIn(storage: DownloadStorage, key: string): Promise<string> {
    return storage.save(key, await this.#content.open());
  }
}

function toFile(
  name: string,
  content: StorageContent | DownloadFile,
): DownloadFile {
  if (typeof content === 'string' || content instanceof Uint8Array) {
    return new ContentFile(content, { name });
  }
  if (isDownloadFile(content)) return content;
  if (isIterable(content)) return new OnceReadFile(name, content);
  throw new InvalidOptionsError(
    'NewFile.content',
    kindOf(content),
    'Give a string, a Uint8Array, a stream or another iterable of bytes, or a file such as new LocalFile(path).',
  );
}

function isIterable(
  content: unknown,
): content is Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  return (
    typeof content === 'object' &&
    content !== null &&
    (Symbol.iterator in content || Symbol.asyncIterator in content)
  );
}

/** Where a file is that is in no storage: it can be read, and that is all. */
class Unstored extends DownloadStorage {
  readonly #file: DownloadFile;

  constructor(file: DownloadFile) {
    super();
    this.#file = file;
  }

  override async stat(): Promise<FileStat> {
    return this.#file.stat();
  }

  override async open(_key: string, window?: ReadWindow): Promise<Readable> {
    return this.#file.open(window);
  }

  override exists(): Promise<boolean> {
    return Promise.resolve(false);
  }

  override save(key: string): Promise<string> {
    return refused('NewFile.save', key);
  }

  override delete(key: string): Promise<void> {
    return refused('NewFile.delete', key);
  }
}

function refused(what: string, name: string): Promise<never> {
  return Promise.reject(
    new InvalidOptionsError(
      what,
      name,
      'It is in no storage yet: save the entity that has it, or give the property another file.',
    ),
  );
}
