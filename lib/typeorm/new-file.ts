import { type Readable } from 'node:stream';

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
import { OnceReadFile } from './once-read-file.js';

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
