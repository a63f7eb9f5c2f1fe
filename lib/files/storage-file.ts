import { posix } from 'node:path';
import { type Readable } from 'node:stream';

import { checkNames, namesOf } from '../errors/check-options.js';
import { InvalidOptionsError, shapeOf } from '../errors/download-errors.js';
import { cleanFileName } from '../http/content-disposition.js';
import {
  type DownloadStorage,
  type StorageContent,
  type TemporaryUrlOptions,
} from '../storages/download-storage.js';
import {
  type EtagChoice,
  firstChoice,
  type Tagging,
} from '../storages/etag-choice.js';
import { andThen, type Awaitable } from '../storages/awaitable.js';
import {
  type FileStat,
  type ReadWindow,
  type StatOptions,
} from '../storages/file-stat.js';
import {
  type HoldOptions,
  type OpenFile,
  restated,
} from '../storages/local-descriptor.js';
import {
  type RemoteAnswer,
  type RemoteConditions,
} from '../storages/remote-answer.js';
import { notText } from '../storages/storage-key.js';
import { type DownloadFile } from './download-file.js';

const HIDDEN = /^[.\s]+/;

/**
 * The key for a new file of a name that may come from outside: the last segment of the name, made safe, below
 * the directory. A name that begins with a dot would be hidden, and loses the dot.
 *
 * @param directory of the key, without a slash at its end; '' for none
 * @internal
 */
export function newKey(directory: string, name: string): string {
  // The second time for what the first had hidden: a device name, or nothing at all.
  const safe = cleanFileName(cleanFileName(name).replace(HIDDEN, ''));
  return directory === '' ? safe : `${directory}/${safe}`;
}

/**
 * The directory of a key, without a slash at its end; '' where it has none.
 *
 * @internal
 */
export function directoryOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf('/')));
}

/**
 * Options of StorageFile.
 *
 * @publicApi
 */
export interface StorageFileOptions {
  /** What the client calls it; the last segment of the key by default. */
  readonly name?: string;
}

const NO_OPTIONS: StorageFileOptions = {};
const OPTIONS = namesOf<StorageFileOptions>({ name: true });

/**
 * A file of a storage, by its key.
 *
 * ```ts
 * new StorageFile(storages.get(), 'invoices/2026/0815.pdf')
 * ```
 *
 * @publicApi
 */
export class StorageFile implements DownloadFile {
  #storage: DownloadStorage;
  #name: string;
  #key: string;
  #size?: number;
  #tagging: Tagging = {};

  /**
   * @throws InvalidOptionsError for what is no storage, and for an option that is unknown
   * @throws SuspiciousPathError for a key that is no text
   */
  constructor(
    storage: DownloadStorage,
    key: string,
    options: StorageFileOptions = NO_OPTIONS,
  ) {
    requireStorage(storage);
    if (typeof key !== 'string') throw notText(key);
    if (options !== NO_OPTIONS) {
      checkNames('StorageFile', options, OPTIONS, "{ name: 'terms.pdf' }");
    }
    this.#storage = storage;
    this.#key = key;
    this.#name = options.name ?? posix.basename(key);
    Object.defineProperties(this, SHOWN_PROPERTIES);
  }

  // Getters: what takes objects apart, as class-transformer does, sees no storage and no path.
  get name(): string {
    return this.#name;
  }

  get untrusted(): boolean {
    return true;
  }

  get storage(): DownloadStorage {
    return this.#storage;
  }

  get key(): string {
    return this.#key;
  }

  get hasOwnBytes(): boolean {
    return this.#storage.hasOwnBytes;
  }

  get hold(): DownloadFile['hold'] {
    return this.#canHold ? this.#hold : undefined;
  }

  get #canHold(): boolean {
    return this.#storage.hold !== undefined && !this.hasOwnBytes;
  }

  get request():
    ((conditions: RemoteConditions) => Promise<RemoteAnswer>) | undefined {
    const request = this.#storage.request?.bind(this.#storage);
    return request && ((conditions) => request(this.#key, conditions));
  }

  get hasVersions(): boolean {
    return this.#storage.request !== undefined;
  }

  get path(): string | undefined {
    return this.#storage.path?.(this.#key);
  }

  get url(): string | undefined {
    return this.#storage.url?.(this.#key);
  }

  get sourceUrl(): string | undefined {
    return this.#storage.sourceUrl?.(this.#key);
  }

  get temporaryUrl():
    ((options: TemporaryUrlOptions) => Promise<string>) | undefined {
    const temporaryUrl = this.#storage.temporaryUrl?.bind(this.#storage);
    return temporaryUrl && ((options) => temporaryUrl(this.#key, options));
  }

  /** Bytes, once `stat()` has been asked. */
  get size(): number | undefined {
    return this.#size;
  }

  async stat(options?: StatOptions): Promise<FileStat> {
    const stat = await this.#stat(options);
    this.#size = stat.size;
    return stat;
  }

  open(window?: ReadWindow): Promise<Readable> {
    return this.#isTagged
      ? this.#read(window)
      : this.#storage.open(this.#key, window);
  }

  /** @internal */
  tagBy(fallback: EtagChoice): void {
    this.#tagging = { ...this.#tagging, fallback };
  }

  /**
   * The same before what the storage says.
   *
   * @internal
   */
  tagFirstBy(chosen: EtagChoice): this {
    this.#tagging = { ...this.#tagging, chosen };
    return this;
  }

  get #isTagged(): boolean {
    const { chosen, fallback } = this.#tagging;
    return this.#canHold && firstChoice(chosen, fallback).etag !== undefined;
  }

  async #read(window?: ReadWindow): Promise<Readable> {
    return (await this.#open()).read(window);
  }

  async #stat(options?: StatOptions): Promise<FileStat> {
    if (!this.#isTagged) return this.#storage.stat(this.#key, options);
    const file = await this.#open();
    file.close();
    return file.stat;
  }

  #open(options?: HoldOptions): Awaitable<OpenFile> {
    const storage = this.#storage;
    if (!storage.hold) throw new TypeError('The storage holds no files open');
    return storage.hold(this.#key, {
      ...this.#tagging,
      withTag: options?.withTag,
    });
  }

  readonly #hold = (options?: HoldOptions): Awaitable<OpenFile> =>
    andThen(this.#open(options), (file) => {
      this.#size = file.stat.size;
      return this.stat === StorageFile.prototype.stat
        ? file
        : restated(file, () => this.stat());
    });

  /**
   * Keeps a new content, under a new key in the directory of the old one, and is that file from now on. What
   * it was before stays in the storage. Where a row holds its key, save the row next.
   *
   * @param name what it is called; its own name by default. Of a name from outside the last segment is
   *   taken, without what file systems and clients cannot hold.
   */
  async save(content: StorageContent, name = this.name): Promise<void> {
    const key = newKey(directoryOf(this.#key), name);
    this.#key = await this.#storage.save(key, content);
    this.#name = posix.basename(this.#key);
    this.#size = undefined;
  }

  /**
   * It is this file of a storage from now on, under the name that it has.
   *
   * @internal
   */
  protected moveTo(storage: DownloadStorage, key: string): void {
    this.#storage = storage;
    this.#key = key;
    this.#size = undefined;
  }

  /** Removes it from the storage; a missing one is no error. Where a row holds its key, empty that next. */
  delete(): Promise<void> {
    return this.#storage.delete(this.#key);
  }

  /** Name, size and URL: enough for a list of files, and never where the file lies. */
  toJSON(): { name: string; size?: number; url?: string } {
    return { name: this.name, size: this.size, url: this.url };
  }
}

function requireStorage(storage: unknown): void {
  if (typeof storage === 'object' && storage !== null && 'stat' in storage) {
    return;
  }
  throw new InvalidOptionsError(
    'StorageFile.storage',
    shapeOf(storage),
    'Give a storage: storages.get().',
  );
}

/** Own properties, for what sees no others; each tells what the class or a subclass says. */
const SHOWN_PROPERTIES: PropertyDescriptorMap = Object.fromEntries(
  ['name', 'size', 'url'].map((property) => [
    property,
    {
      configurable: true,
      enumerable: true,
      get(this: StorageFile): unknown {
        return Reflect.get(
          Object.getPrototypeOf(this) as object,
          property,
          this,
        );
      },
    },
  ]),
);
