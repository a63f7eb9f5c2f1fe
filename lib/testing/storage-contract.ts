import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';

import { type DownloadStorage } from '../storages/download-storage.js';
import {
  CONTENT,
  type StorageCheck,
  CONTENT_RULES,
  KEY_RULES,
  READING_RULES,
  FREE_KEY_RULES,
} from './storage-rules.js';
import { REQUEST_RULES } from './store-rules.js';

/** Keys of different files; one that is put into a URL as it is stands for another, or for none. */
const KEYS = [
  'a?1',
  'a?2',
  'a#1',
  'a#2',
  'a%3F1',
  'a%23',
  'a 1',
  'a+1',
  'b/a?1',
];

/**
 * Where the files of a storage are found by others, if the storage knows that.
 *
 * @internal
 */
export const ADDRESS_RULES: Readonly<Record<string, StorageCheck>> = {
  'has a URL of its own for each file, if it knows URLs': async (storage) => {
    if (!storage.url) return;
    const paths = KEYS.map((key) => pathOf(storage.url?.(key), key));
    assert.equal(new Set(paths).size, KEYS.length, paths.join(' '));
    await Promise.resolve();
  },
  'says on which path a file lies, if it knows paths': async (storage) => {
    if (!storage.path) return;
    const key = await storage.save('a folder/a file.txt', CONTENT);
    const path = storage.path(key);
    assert.ok(isAbsolute(path), `Not absolute: ${path}`);
    assert.deepEqual(await readFile(path), CONTENT);
  },
  'has a temporary address of its own for each file, if it knows such': async (
    storage,
  ) => {
    if (!storage.temporaryUrl) return;
    const paths: string[] = [];
    for (const name of KEYS) {
      const key = await storage.save(name, name);
      const options = {
        expiresIn: 60,
        basename: 'é "1".txt',
        contentType: 'text/plain',
        attachment: true,
      };
      const address = await storage.temporaryUrl(key, options);
      assert.match(address, /^https?:\/\/[^/]/, key);
      assert.equal(address, new URL(address).href);
      paths.push(pathOf(address, key));
    }
    assert.equal(new Set(paths).size, KEYS.length, paths.join(' '));
  },
};

function pathOf(address: string | undefined, key: string): string {
  assert.equal(typeof address, 'string', key);
  assert.ok(address && URL.canParse(address, 'http://host/'), address);
  assert.doesNotMatch(address, /[\s#]/, key);
  return new URL(address, 'http://host/').pathname;
}

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

/**
 * What is different in a storage that keeps the rules.
 *
 * @publicApi
 */
export interface StorageContractOptions {
  /**
   * Whether every new file gets a suffix, a free key included: for stores that cannot tell whether a key is free.
   * False by default.
   */
  readonly suffixes?: boolean;
  /**
   * Puts another content in the place of a file, as somebody else may do. By default the file is deleted, and
   * saved under its key by `ifTaken: 'keep'`.
   */
  readonly replace?: (
    storage: DownloadStorage,
    key: string,
    content: string,
  ) => Promise<void>;
}

const RULES = {
  ...CONTENT_RULES,
  ...READING_RULES,
  ...REQUEST_RULES,
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
 * What only some storages know is checked where it is there: tags, `url()`, `path()`, `temporaryUrl()`, `request()`.
 *
 * @param createStorage makes an empty storage. One with `[Symbol.asyncDispose]` is disposed of after its check
 * @publicApi
 */
export function storageContract(
  createStorage: () => DownloadStorage | Promise<DownloadStorage>,
  { suffixes = false, replace = replaced }: StorageContractOptions = {},
): StorageRule[] {
  const rules = suffixes ? RULES : { ...RULES, ...FREE_KEY_RULES };
  return Object.entries(rules).map(([name, rule]) => ({
    name,
    check: async () => {
      const storage = await createStorage();
      try {
        await rule(storage, { suffixes, replace });
      } finally {
        if (isDisposable(storage)) await storage[Symbol.asyncDispose]();
      }
    },
  }));
}

async function replaced(
  storage: DownloadStorage,
  key: string,
  content: string,
): Promise<void> {
  await storage.delete(key);
  await storage.save(key, content, { ifTaken: 'keep' });
}

function isDisposable(storage: object): storage is AsyncDisposable {
  return Symbol.asyncDispose in storage;
}
