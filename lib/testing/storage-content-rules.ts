import { strict as assert } from 'node:assert';

import {
  bytesOf,
  CONTENT,
  rejects,
  type StorageCheck,
  textOf,
} from './storage-check.js';

/**
 * What a storage keeps.
 *
 * @internal
 */
export const CONTENT_RULES: Readonly<Record<string, StorageCheck>> = {
  'gives back the bytes that were saved': async (storage) => {
    const key = await storage.save('a folder/a file.txt', CONTENT);
    assert.deepEqual(await bytesOf(await storage.open(key)), CONTENT);
  },
  'takes text as UTF-8, and iterables of bytes': async (storage) => {
    const pieces = [CONTENT.subarray(0, 3), CONTENT.subarray(3)];
    const keys = [
      await storage.save('text', CONTENT.toString()),
      await storage.save('pieces', pieces),
      await storage.save('stream', asynchronous(pieces)),
    ];
    for (const key of keys) {
      assert.deepEqual(await bytesOf(await storage.open(key)), CONTENT);
    }
  },
  'keeps what was saved, whatever happens to the bytes afterwards': async (
    storage,
  ) => {
    const bytes = Buffer.from('before');
    const key = await storage.save('copied', bytes);
    bytes.fill('x');
    assert.equal(await textOf(storage, key), 'before');
  },
  'keeps empty files': async (storage) => {
    const key = await storage.save('empty', '');
    assert.equal((await storage.stat(key)).size, 0);
    assert.equal((await bytesOf(await storage.open(key))).length, 0);
  },
  'never overwrites: a taken key gets a suffix': async (storage) => {
    const first = await storage.save('a.b/taken.txt', 'first');
    const contents = ['second', 'third'];
    const others = await Promise.all(
      contents.map((text) => storage.save('a.b/taken.txt', text)),
    );
    assert.equal(new Set([first, ...others]).size, 3);
    assert.equal(first, 'a.b/taken.txt');
    assert.equal(await textOf(storage, first), 'first');
    for (const [index, key] of others.entries()) {
      assert.match(key, /^a\.b\/taken[^/]+\.txt$/);
      assert.equal(await textOf(storage, key), contents[index]);
    }
  },
  'loses none of those that are saved under one key at once': async (
    storage,
  ) => {
    const contents = ['a', 'b', 'c', 'd'];
    const keys = await Promise.all(
      contents.map((text) => storage.save('at once', text)),
    );
    const kept = await Promise.all(keys.map((key) => textOf(storage, key)));
    assert.deepEqual(kept, contents);
  },
  'shows nothing of a file that is not complete': async (storage) => {
    const seen: boolean[] = [];
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield CONTENT;
      seen.push(await storage.exists('half'));
      throw new Error('The source fails');
    }
    await rejects(() => storage.save('half', failing()), Error);
    seen.push(await storage.exists('half'));
    assert.deepEqual(seen, [false, false]);
  },
  'deletes, and does not mind what is missing': async (storage) => {
    const other = await storage.save('short-lived.txt', 'other');
    const key = await storage.save('short-lived', CONTENT);
    assert.equal(await storage.exists(key), true);
    await storage.delete(key);
    assert.equal(await storage.exists(key), false);
    await storage.delete(key);
    await storage.delete('never/there');
    assert.equal(await storage.exists(other), true);
    assert.equal(await storage.save(key, 'again'), key);
  },
};

async function* asynchronous(
  pieces: readonly Uint8Array[],
): AsyncGenerator<Uint8Array> {
  yield* await Promise.resolve(pieces);
}
