import { type DownloadStorage } from '../storages/download-storage.js';
import { ADDRESS_RULES } from './storage-address-rules.js';
import { CONTENT_RULES } from './storage-content-rules.js';
import { KEY_RULES } from './storage-key-rules.js';
import { READING_RULES } from './storage-reading-rules.js';

/**
 * One sentence that every storage must keep, and the check of it.
 *
 * @publicApi
 */
export interface StorageRule {
  readonly name: string;
  /** Rejects with an AssertionError where the storage breaks the rule. */
  readonly check: () => Promise<void>;
}

const RULES = {
  ...CONTENT_RULES,
  ...READING_RULES,
  ...KEY_RULES,
  ...ADDRESS_RULES,
};

/**
 * The rules of DownloadStorage, each on a storage of its own, for the runner of your choice: jest, vitest or
 * node:test.
 *
 * ```ts
 * describe('MyStorage', () => {
 *   for (const { name, check } of storageContract(() => new MyStorage())) it(name, check);
 * });
 * ```
 *
 * What only some storages know is checked where it is there: tags, `url()`, `path()`, `temporaryUrl()`.
 *
 * @param createStorage makes an empty storage. One with `[Symbol.asyncDispose]` is disposed of after its check
 * @publicApi
 */
export function storageContract(
  createStorage: () => DownloadStorage | Promise<DownloadStorage>,
): StorageRule[] {
  return Object.entries(RULES).map(([name, rule]) => ({
    name,
    check: async () => {
      const storage = await createStorage();
      try {
        await rule(storage);
      } finally {
        if (isDisposable(storage)) await storage[Symbol.asyncDispose]();
      }
    },
  }));
}

function isDisposable(storage: object): storage is AsyncDisposable {
  return Symbol.asyncDispose in storage;
}
