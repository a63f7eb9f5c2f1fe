import { type Readable } from 'node:stream';

import {
  type DownloadStorage,
  type TemporaryUrlOptions,
} from '../storages/download-storage.js';
import { type FileStat, type ReadWindow } from '../storages/file-stat.js';
import { type OpenFile } from '../storages/open-file.js';
import { lastSegment } from '../storages/storage-key.js';
import { type DownloadFile } from './download-file.js';

/**
 * Options of StorageFile.
 *
 * @publicApi
 */
export interface StorageFileOptions {
  /** What the client calls it; the last segment of the key by default. */
  readonly name?: string;
}

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
  readonly name: string;
  readonly untrusted = true;
  readonly #storage: DownloadStorage;
  readonly #key: string;
  #size?: number;

  constructor(
    storage: DownloadStorage,
    key: string,
    options: StorageFileOptions = {},
  ) {
    this.#storage = storage;
    this.#key = key;
    this.name = options.name ?? lastSegment(key);
  }

  // Getters: what takes objects apart, as class-transformer does, sees no storage and no path.
  get storage(): DownloadStorage {
    return this.#storage;
  }

  get key(): string {
    return this.#key;
  }

  get hold(): (() => Promise<OpenFile>) | undefined {
    const hold = this.#storage.hold?.bind(this.#storage);
    return hold && (() => hold(this.#key));
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

  async stat(): Promise<FileStat> {
    const stat = await this.#storage.stat(this.#key);
    this.#size = stat.size;
    return stat;
  }

  open(window?: ReadWindow): Promise<Readable> {
    return this.#storage.open(this.#key, window);
  }

  /** Name, size and URL: enough for a list of files, and never where the file lies. */
  toJSON(): { name: string; size?: number; url?: string } {
    return { name: this.name, size: this.size, url: this.url };
  }
}
