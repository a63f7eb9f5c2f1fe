import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';

import {
  FileChangedError,
  FileNotFoundError,
  quote,
} from '../errors/download-errors.js';
import {
  DownloadStorage,
  type SaveOptions,
  type StorageContent,
} from './download-storage.js';
import { type FileStat, type ReadWindow } from './file-stat.js';
import { chunksToKeep } from './object-content.js';
import { withRandomSuffix, keySegments } from './storage-key.js';

interface MemoryFile {
  readonly bytes: Buffer;
  readonly lastModified: Date;
  readonly etag: string;
}

/**
 * Files in the memory of the process: for tests, and for what may be gone after a restart.
 *
 * @publicApi
 */
export class MemoryStorage extends DownloadStorage {
  readonly #files = new Map<string, MemoryFile>();

  override stat(key: string): Promise<FileStat> {
    return this.#find(key).then(({ bytes, lastModified, etag }) => ({
      size: bytes.length,
      lastModified,
      etag,
    }));
  }

  override async open(
    key: string,
    { start = 0, end, ifMatch }: ReadWindow = {},
  ): Promise<Readable> {
    const { bytes, etag } = await this.#find(key);
    if (ifMatch !== undefined && ifMatch !== etag) {
      throw new FileChangedError(`${quote(key)} is another file now`);
    }
    const window = bytes.subarray(start, (end ?? bytes.length - 1) + 1);
    return Readable.from(window.length > 0 ? [window] : [], {
      objectMode: false,
    });
  }

  override async exists(key: string): Promise<boolean> {
    keySegments(key);
    return Promise.resolve(this.#files.has(key));
  }

  override async save(
    key: string,
    content: StorageContent,
    { ifTaken }: SaveOptions = {},
  ): Promise<string> {
    keySegments(key);
    const bytes = await bytesOf(content);
    if (ifTaken === 'keep' && this.#files.has(key)) return key;
    let free = key;
    while (this.#files.has(free)) free = withRandomSuffix(key);
    const digest = createHash('sha256').update(bytes).digest('base64url');
    this.#files.set(free, {
      bytes,
      lastModified: new Date(),
      etag: `"${digest.slice(0, 22)}"`,
    });
    return free;
  }

  override async delete(key: string): Promise<void> {
    keySegments(key);
    this.#files.delete(key);
    return Promise.resolve();
  }

  async #find(key: string): Promise<MemoryFile> {
    keySegments(key);
    const file = this.#files.get(key);
    if (!file) throw new FileNotFoundError(`No file under key ${quote(key)}`);
    return Promise.resolve(file);
  }
}

async function bytesOf(content: StorageContent): Promise<Buffer> {
  if (typeof content === 'string') return Buffer.from(content, 'utf8');
  if (content instanceof Uint8Array) return Buffer.from(content);
  const chunks: Uint8Array[] = [];
  for await (const chunk of chunksToKeep(content)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
