import { Readable } from 'node:stream';

import { PayloadTooLargeException } from '@nestjs/common';

import { InvalidOptionsError, kindOf } from '../errors/download-errors.js';
import { ContentFile } from '../files/content-file.js';
import { type DownloadFile, isDownloadFile } from '../files/download-file.js';
import { newKey, StorageFile } from '../files/storage-file.js';
import {
  DownloadStorage,
  type StorageContent,
} from '../storages/download-storage.js';
import {
  type FileStat,
  type ReadWindow,
  type StatOptions,
} from '../storages/file-stat.js';
import { placeForNewFiles } from './new-file-place.js';

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

  /** Whether it may have to be waited for. */
  get isSlow(): boolean {
    return Symbol.asyncIterator in this.#content;
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
    const content = this.#content;
    if (!(content instanceof Readable)) {
      return Readable.from(content, { objectMode: false });
    }
    return 'truncated' in content
      ? Readable.from(wholeOf(content), { objectMode: false })
      : content;
  }
}

/**
 * The bytes of an upload that its parser cuts at a limit: busboy, and with it `@fastify/multipart`, ends the
 * stream as if that were all, and says so in `truncated`.
 *
 * @throws PayloadTooLargeException where it was cut
 */
async function* wholeOf(
  upload: Readable & { readonly truncated?: unknown },
): AsyncGenerator<Buffer> {
  for await (const chunk of upload as AsyncIterable<Buffer>) yield chunk;
  if (upload.truncated === true) {
    throw new PayloadTooLargeException('File too large');
  }
}

/**
 * Where NewFile.store() keeps the file.
 *
 * @publicApi
 */
export interface NewFileStoreOptions {
  /**
   * The storage of the column that gets the file. By default the one that all file columns of open DataSources
   * have; where these have several, it must be given.
   */
  readonly storage?: DownloadStorage;
  /**
   * The directory in it, without a slash at the end: `documents`. By default the one of the file columns of the
   * storage, where all of them have the same, else none.
   */
  readonly directory?: string;
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
 * `save()` of a repository reads it before it begins its transaction. In a transaction of your own, store it
 * first: a client that sends slowly would hold the connection.
 *
 * ```ts
 * const file = await new NewFile(upload.filename, upload.file).store();
 * await dataSource.transaction((manager) => manager.save(Document, { file }));
 * ```
 *
 * @publicApi
 */
export class NewFile extends StorageFile {
  readonly #content: DownloadFile;
  readonly #unstored: DownloadStorage;
  #storing?: Promise<void>;
  #isStored = false;

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
    const unstored = new Unstored(file);
    super(unstored, name, { name });
    this.#content = file;
    this.#unstored = unstored;
  }

  /**
   * Whether it has been stored, and no row has its file yet.
   *
   * @internal
   */
  get isStored(): boolean {
    return this.#isStored;
  }

  /**
   * Whether it takes as long to read as somebody else takes to send it.
   *
   * @internal
   */
  get isSlow(): boolean {
    const content = this.#content;
    return content instanceof OnceReadFile
      ? content.isSlow
      : !(content instanceof ContentFile) && content.path === undefined;
  }

  /**
   * Stores the file now, before a transaction begins; saving the entity that has it writes the row alone. Where
   * that transaction fails or is rolled back, the file is removed again. Where no entity with it is saved, it
   * stays: call `delete()`.
   *
   * @returns this file, which has a key and a storage from then on; a second call changes nothing
   * @throws InvalidOptionsError where it is not clear which storage is meant, or a stream was read before
   * @throws PayloadTooLargeException (413) for an upload that its parser has cut at a limit
   * @throws StorageUnavailableError when the storage cannot be asked
   */
  async store(options: NewFileStoreOptions = {}): Promise<this> {
    this.#storing ??= this.#store(options).catch((error: unknown) => {
      this.#storing = undefined;
      throw error;
    });
    await this.#storing;
    return this;
  }

  async #store(options: NewFileStoreOptions): Promise<void> {
    const { storage, directory } = placeForNewFiles(options);
    const key = await this.storeIn(storage, newKey(directory, this.name));
    this.moveTo(storage, key);
    this.#isStored = true;
  }

  /** Removes it from the storage that `store()` kept it in. */
  override async delete(): Promise<void> {
    await super.delete();
    this.forgetStored();
  }

  /**
   * It is in no storage any more.
   *
   * @internal
   */
  forgetStored(): void {
    if (!this.#isStored) return;
    this.moveTo(this.#unstored, this.name);
    this.#isStored = false;
    this.#storing = undefined;
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

  override async stat(_key: string, options?: StatOptions): Promise<FileStat> {
    return this.#file.stat(options);
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
