import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { FileSystemStorage } from '../storages/file-system.storage.js';

/**
 * A FileSystemStorage that goes away.
 *
 * @publicApi
 */
export class TemporaryStorage extends FileSystemStorage {
  /** Deletes the directory with all its files. */
  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }

  /** As `remove()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove();
  }
}

/**
 * A storage in a fresh directory of the system's temporary directory.
 *
 * ```ts
 * const storage = await temporaryStorage();
 * afterAll(() => storage.remove());
 * ```
 *
 * @publicApi
 */
export async function temporaryStorage(): Promise<TemporaryStorage> {
  return new TemporaryStorage({
    root: await mkdtemp(join(tmpdir(), 'downloads-')),
  });
}
