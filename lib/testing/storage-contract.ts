import { strict as assert } from 'node:assert';
import { type Readable } from 'node:stream';

import { FileNotFoundError } from '../errors/file-not-found.error.js';
import { SuspiciousPathError } from '../errors/suspicious-path.error.js';
import { type DownloadStorage } from '../storages/download-storage.js';

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

type Check = (storage: DownloadStorage) => Promise<void>;

const CONTENT = Buffer.from('0123456789 é 日本\n');

const RULES: Readonly<Record<string, Check>> = {
  'gives back the bytes that were saved': async (storage) => {
    const key = await storage.save('a folder/a file.txt', CONTENT);
    assert.deepEqual(await bytesOf(await storage.open(key)), CONTENT);
  },
  'takes text as UTF-8, and iterables of bytes': async (storage) => {
    const text = await storage.save('text', CONTENT.toString());
    const pieces = await storage.save('pieces', [
      CONTENT.subarray(0, 3),
      CONTENT.subarray(3),
    ]);
    for (const key of [text, pieces]) {
      assert.deepEqual(await bytesOf(await storage.open(key)), CONTENT);
    }
  },
  'reads a window, its end included': async (storage) => {
    const key = await storage.save('window', CONTENT);
    const window = await storage.open(key, { start: 2, end: 5 });
    assert.equal((await bytesOf(window)).toString(), '2345');
    const tail = await storage.open(key, { start: CONTENT.length - 1 });
    assert.equal((await bytesOf(tail)).length, 1);
  },
  'knows the size in bytes': async (storage) => {
    const key = await storage.save('sized', CONTENT);
    assert.equal((await storage.stat(key)).size, CONTENT.length);
  },
  'keeps empty files': async (storage) => {
    const key = await storage.save('empty', '');
    assert.equal((await storage.stat(key)).size, 0);
    assert.equal((await bytesOf(await storage.open(key))).length, 0);
  },
  'never overwrites: a taken key gets a suffix': async (storage) => {
    const first = await storage.save('taken.txt', 'first');
    const others = await Promise.all(
      ['second', 'third'].map((text) => storage.save('taken.txt', text)),
    );
    assert.equal(new Set([first, ...others]).size, 3);
    assert.equal(
      (await bytesOf(await storage.open(first))).toString(),
      'first',
    );
    for (const key of others) assert.match(key, /^taken.+\.txt$/);
  },
  'keeps names that are difficult elsewhere': async (storage) => {
    for (const name of [
      '100%41?.txt',
      'a#b&c+d;e.txt',
      'q\'uo"te.txt',
      '日本 é.txt',
      'a..b',
    ]) {
      const key = await storage.save(name, name);
      assert.equal((await bytesOf(await storage.open(key))).toString(), name);
    }
  },
  'says FileNotFoundError of what is missing': async (storage) => {
    await assert.rejects(storage.stat('missing'), FileNotFoundError);
    await assert.rejects(storage.open('missing'), FileNotFoundError);
    assert.equal(await storage.exists('missing'), false);
  },
  'deletes, and does not mind what is missing': async (storage) => {
    const key = await storage.save('short-lived', CONTENT);
    assert.equal(await storage.exists(key), true);
    await storage.delete(key);
    assert.equal(await storage.exists(key), false);
    await storage.delete(key);
  },
  'refuses keys that leave it': async (storage) => {
    for (const key of [
      '',
      '..',
      '../up',
      'a/../b',
      './a',
      'a//b',
      '/etc/passwd',
      'a\0b',
    ]) {
      for (const call of [
        () => storage.stat(key),
        () => storage.open(key),
        () => storage.exists(key),
        () => storage.save(key, CONTENT),
        () => storage.delete(key),
      ]) {
        await assert.rejects(async () => call(), SuspiciousPathError);
      }
    }
  },
};

/**
 * The rules of DownloadStorage, each on a storage of its own, for the runner of your choice:
 *
 * ```ts
 * describe('MyStorage', () => {
 *   for (const { name, check } of storageContract(() => new MyStorage())) it(name, check);
 * });
 * ```
 *
 * @param createStorage makes an empty storage
 * @publicApi
 */
export function storageContract(
  createStorage: () => DownloadStorage | Promise<DownloadStorage>,
): StorageRule[] {
  return Object.entries(RULES).map(([name, check]) => ({
    name,
    check: async () => check(await createStorage()),
  }));
}

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
