import { strict as assert } from 'node:assert';
import { Readable } from 'node:stream';

import {
  SuspiciousPathError,
  FileChangedError,
  FileNotFoundError,
} from '../errors/download-errors.js';
import { parseEntityTag } from '../http/preconditions.js';
import { type DownloadStorage } from '../storages/download-storage.js';
import { type ReadWindow, versionOf } from '../storages/file-stat.js';

/**
 * What a rule has to know of the storages that it is about.
 *
 * @internal
 */
export interface StorageTraits {
  /** Whether a free key gets a suffix, too. */
  readonly suffixes: boolean;
  /** Puts another content in the place of a file. */
  readonly replace: (
    storage: DownloadStorage,
    key: string,
    content: string,
  ) => Promise<void>;
}

/**
 * Rejects with an AssertionError where a storage breaks a rule.
 *
 * @internal
 */
export type StorageCheck = (
  storage: DownloadStorage,
  traits: StorageTraits,
) => Promise<void>;

/**
 * What is saved: digits, which count as bytes, and characters, which do not.
 *
 * @internal
 */
export const CONTENT = Buffer.from('0123456789 é 日本\n');

/**
 * @internal
 */
export async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * @internal
 */
export async function textOf(
  storage: DownloadStorage,
  key: string,
): Promise<string> {
  return (await bytesOf(await storage.open(key))).toString();
}

/**
 * Requires that a call is refused by an error of this class, be it thrown or rejected.
 *
 * @internal
 */
export async function rejects(
  call: () => unknown,
  Expected: abstract new (...parameters: never[]) => Error,
): Promise<void> {
  await assert.rejects(Promise.resolve().then(call), Expected as typeof Error);
}

const KEPT = 'a.b/kept.txt';

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
    async function* overOneBuffer(): AsyncGenerator<Uint8Array> {
      const buffer = Buffer.alloc(1);
      for (const byte of CONTENT) {
        buffer[0] = byte;
        yield await Promise.resolve(buffer);
      }
    }
    const pieces = await storage.save('reused', overOneBuffer());
    assert.deepEqual(await bytesOf(await storage.open(pieces)), CONTENT);
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
  'leaves what is there where a taken key is to be kept': async (storage) => {
    const keep = { ifTaken: 'keep' } as const;
    assert.equal(await storage.save(KEPT, 'first', keep), KEPT);
    const pieces = asynchronous([CONTENT]);
    assert.equal(await storage.save(KEPT, 'second', keep), KEPT);
    assert.equal(await storage.save(KEPT, pieces, keep), KEPT);
    assert.equal(await textOf(storage, KEPT), 'first');
  },
  'keeps one of those that are saved at once under a key to be kept': async (
    storage,
  ) => {
    const contents = ['a', 'b', 'c', 'd'];
    const keys = await Promise.all(
      contents.map((text) => storage.save(KEPT, text, { ifTaken: 'keep' })),
    );
    assert.deepEqual(new Set(keys), new Set([KEPT]));
    const kept = await textOf(storage, KEPT);
    assert.ok(contents.includes(kept), `None of them: ${kept}`);
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
  'fails with what the content fails with': async (storage) => {
    const failure = new Error('The source fails');
    const failing = function* (): Generator<Uint8Array> {
      yield CONTENT;
      throw failure;
    };
    const isIt = (error: unknown): boolean => error === failure;
    const errored = Readable.from(failing(), { objectMode: false });
    await assert.rejects(storage.save('failing', failing()), isIt);
    await assert.rejects(storage.save('failing', errored), isIt);
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
  },
};

async function* asynchronous(
  pieces: readonly Uint8Array[],
): AsyncGenerator<Uint8Array> {
  yield* await Promise.resolve(pieces);
}

const DIFFICULT = [
  '100%41?.txt',
  'a#b&c+d;e.txt',
  'q\'uo"te.txt',
  '日本 é.txt',
  'a..b',
  ' a',
];
const REFUSED = [
  '',
  '.',
  '..',
  '../up',
  'a/..',
  'a/../b',
  './a',
  'a/.',
  'a//b',
  'a/',
  '/',
  '/etc/passwd',
  'a\0b',
  'a\ud800b',
];

/**
 * What only a storage keeps that can tell whether a key is free.
 *
 * @internal
 */
export const FREE_KEY_RULES: Readonly<Record<string, StorageCheck>> = {
  'keeps a free key as it is': async (storage) => {
    for (const key of [...DIFFICULT, 'a.b/free.txt']) {
      assert.equal(await storage.save(key, key), key);
      await storage.delete(key);
      assert.equal(await storage.save(key, 'again'), key);
    }
  },
};

/**
 * Which keys a storage takes.
 *
 * @internal
 */
export const KEY_RULES: Readonly<Record<string, StorageCheck>> = {
  'keeps names that are difficult elsewhere': async (storage) => {
    const keys: string[] = [];
    for (const name of DIFFICULT) keys.push(await storage.save(name, name));
    assert.equal(new Set(keys).size, DIFFICULT.length);
    for (const [index, key] of keys.entries()) {
      assert.equal(await textOf(storage, key), DIFFICULT[index]);
    }
  },
  'refuses keys that leave it': async (storage) => {
    for (const key of REFUSED) {
      for (const call of [
        () => storage.stat(key),
        () => storage.open(key),
        () => storage.exists(key),
        () => storage.save(key, CONTENT),
        () => storage.delete(key),
        ...(storage.url ? [() => storage.url?.(key)] : []),
        ...(storage.path ? [() => storage.path?.(key)] : []),
        ...(storage.temporaryUrl
          ? [() => storage.temporaryUrl?.(key, { expiresIn: 60 })]
          : []),
      ]) {
        await rejects(call, SuspiciousPathError);
      }
    }
  },
};

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
    const key = await storage.save('dated', CONTENT);
    const { lastModified } = await storage.stat(key);
    if (lastModified === undefined) return;
    const age = Date.now() - lastModified.getTime();
    // Clocks of stores differ, and few of them know more than seconds.
    assert.ok(Math.abs(age) < 3_600_000, `It says ${String(lastModified)}`);
  },
  'has another tag for another content, if it has tags': async (
    storage,
    { replace },
  ) => {
    const key = await storage.save('tagged', 'before');
    const before = await storage.stat(key);
    const again = await storage.stat(key);
    await replace(storage, key, 'after!');
    const after = await storage.stat(key);
    if (before.etag === undefined) return;
    assert.ok(parseEntityTag(before.etag), `No tag: ${before.etag}`);
    assert.equal(again.etag, before.etag);
    assert.notEqual(after.etag, before.etag);
  },
  'reads only what still has the tag that is asked for, if it has strong ones':
    async (storage, { replace }) => {
      const key = await storage.save('tagged', CONTENT);
      const ifMatch = versionOf(await storage.stat(key));
      if (ifMatch === undefined) return;
      const window = { start: 2, end: 5, ifMatch };
      const read = await bytesOf(await storage.open(key, window));
      assert.equal(read.toString(), '2345');
      await replace(storage, key, 'another file');
      await rejects(() => storage.open(key, window), FileChangedError);
    },
  'says FileNotFoundError of what is missing': async (storage) => {
    const saved = await storage.save('folder/a.txt', CONTENT);
    const withoutExtension = saved.replace(/\.txt$/, '');
    for (const key of ['missing', 'folder', withoutExtension, `${saved}/b`]) {
      await rejects(() => storage.stat(key), FileNotFoundError);
      await rejects(() => storage.open(key), FileNotFoundError);
      assert.equal(await storage.exists(key), false, key);
    }
  },
};
