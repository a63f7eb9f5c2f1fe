import { strict as assert } from 'node:assert';

import {
  FileChangedError,
  FileNotFoundError,
} from '../errors/download-errors.js';
import { parseEntityTag } from '../http/entity-tag.js';
import { type DownloadStorage } from '../storages/download-storage.js';
import { type FileStat, type ReadWindow } from '../storages/file-stat.js';
import {
  bytesOf,
  CONTENT,
  rejects,
  type StorageCheck,
} from './storage-check.js';

/**
 * What a storage says of a file, and how it is read.
 *
 * @internal
 */
export const READING_RULES: Readonly<Record<string, StorageCheck>> = {
  'reads a window, its end included': async (storage) => {
    const key = await storage.save('window', CONTENT);
    const last = CONTENT.length - 1;
    const windows: [ReadWindow, Buffer][] = [
      [{}, CONTENT],
      [{ start: 2, end: 5 }, CONTENT.subarray(2, 6)],
      [{ start: 0, end: 0 }, CONTENT.subarray(0, 1)],
      [{ end: 3 }, CONTENT.subarray(0, 4)],
      [{ start: last }, CONTENT.subarray(last)],
      [{ start: last, end: last }, CONTENT.subarray(last)],
      [{ start: 0, end: last }, CONTENT],
    ];
    for (const [window, expected] of windows) {
      const read = await bytesOf(await storage.open(key, window));
      assert.deepEqual(read, expected, JSON.stringify(window));
    }
  },
  'knows the size in bytes': async (storage) => {
    const key = await storage.save('sized', CONTENT);
    assert.equal((await storage.stat(key)).size, CONTENT.length);
  },
  'says when a file was saved, if it says so at all': async (storage) => {
    const { lastModified } = await savedStat(storage, 'dated', CONTENT);
    if (lastModified === undefined) return;
    const age = Date.now() - lastModified.getTime();
    // Clocks of stores differ, and few of them know more than seconds.
    assert.ok(Math.abs(age) < 3_600_000, `It says ${String(lastModified)}`);
  },
  'has another tag for another content, if it has tags': async (storage) => {
    const before = await savedStat(storage, 'tagged', 'before');
    const again = await storage.stat('tagged');
    await storage.delete('tagged');
    const after = await savedStat(storage, 'tagged', 'after!');
    if (before.etag === undefined) return;
    assert.ok(parseEntityTag(before.etag), `No tag: ${before.etag}`);
    assert.equal(again.etag, before.etag);
    assert.notEqual(after.etag, before.etag);
  },
  'reads only what still has the tag that is asked for, if it has strong ones':
    async (storage) => {
      const { etag } = await savedStat(storage, 'tagged', CONTENT);
      if (!etag?.startsWith('"')) return;
      const window = { start: 2, end: 5, ifMatch: etag };
      const read = await bytesOf(await storage.open('tagged', window));
      assert.equal(read.toString(), '2345');
      await storage.delete('tagged');
      await storage.save('tagged', 'another file');
      await rejects(() => storage.open('tagged', window), FileChangedError);
    },
  'says FileNotFoundError of what is missing': async (storage) => {
    await storage.save('folder/a.txt', CONTENT);
    for (const key of ['missing', 'folder', 'folder/a', 'folder/a.txt/b']) {
      await rejects(() => storage.stat(key), FileNotFoundError);
      await rejects(() => storage.open(key), FileNotFoundError);
      assert.equal(await storage.exists(key), false, key);
    }
  },
};

async function savedStat(
  storage: DownloadStorage,
  key: string,
  content: string | Uint8Array,
): Promise<FileStat> {
  assert.equal(await storage.save(key, content), key);
  return storage.stat(key);
}
