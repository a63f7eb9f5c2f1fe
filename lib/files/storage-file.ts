import { type Readable } from 'node:stream';

import { type DownloadStorage } from '../storages/download-storage.js';
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
  readonly hold?: () => Promise<OpenFile>;
  #size?: number;

  constructor(
    readonly storage: DownloadStorage,
    readonly key: string,
    options: StorageFileOptions = {},
  ) {
    this.name = options.name ?? lastSegment(key);
    const hold = storage.hold?.bind(storage);
    if (hold) this.hold = () => hold(key);
  }

  get path(): string | undefined {
    return this.storage.path?.(this.key);
  }

  get url(): string | undefined {
    return this.storage.url?.(this.key);
  }

  /** Bytes, once `stat()` has been asked. */
  get size(): number | undefined {
    return this.#size;
  }

  async stat(): Promise<FileStat> {
    const stat = await this.storage.stat(this.key);
    this.#size = stat.size;
    return stat;
  }

  open(window?: ReadWindow): Promise<Readable> {
    return this.storage.open(this.key, window);
  }

  /** Name, size and URL: enough for a list of files, and never where the file lies. */
  toJSON(): { name: string; size?: number; url?: string } {
    return { name: this.name, size: this.size, url: this.url };
  }
}
