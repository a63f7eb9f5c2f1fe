import { Readable } from 'node:stream';
import { inspect } from 'node:util';

import { describe, expect, it } from '@jest/globals';
import {
  ContentFile,
  InvalidOptionsError,
  MemoryStorage,
  StorageFile,
} from 'nestjs-downloadview';
import { NewFile } from 'nestjs-downloadview/typeorm';

import { textOf } from '../../support/clients/bytes-of.js';

const TEXT = 'naïve';
const BYTES = Buffer.from(TEXT);

const AGAIN = [
  ['text', () => TEXT],
  ['bytes', () => BYTES],
  ['a file', () => new ContentFile(TEXT, { name: 'b.txt' })],
] as const;

const ONCE = [
  ['a stream', () => Readable.from([BYTES], { objectMode: false })],
  ['a list of bytes', () => [BYTES.subarray(0, 2), BYTES.subarray(2)]],
  [
    'an async iterable',
    async function* () {
      yield BYTES;
    },
  ],
] as const;

describe('NewFile', () => {
  it.each([...AGAIN, ...ONCE])('is stored from %s', async (_what, content) => {
    const storage = new MemoryStorage();
    const file = new NewFile('a.txt', content());
    expect(await file.storeIn(storage, 'b/a.txt')).toBe('b/a.txt');
    expect(await textOf(await storage.open('b/a.txt'))).toBe(TEXT);
  });

  it.each(AGAIN)(
    'is read before and after that, from %s',
    async (_, content) => {
      const file = new NewFile('a.txt', content());
      expect(await file.stat()).toMatchObject({ size: 6 });
      expect(await textOf(await file.open({ start: 1, end: 3 }))).toBe('aï');
      await file.storeIn(new MemoryStorage(), 'a');
      expect(await textOf(await file.open())).toBe(TEXT);
    },
  );

  it.each(ONCE)('is read once, from %s', async (_what, content) => {
    const file = new NewFile('a.txt', content());
    expect(await file.stat()).toEqual({});
    await file.storeIn(new MemoryStorage(), 'a');
    await expect(file.storeIn(new MemoryStorage(), 'a')).rejects.toMatchObject({
      option: 'NewFile.content',
    });
  });

  it('tells who stores it of a stream that failed before', async () => {
    const stream = Readable.from([BYTES], { objectMode: false });
    const file = new NewFile('a.txt', stream);
    stream.destroy(new Error('The client has left'));
    await new Promise((resolve) => stream.once('close', resolve));
    await expect(file.storeIn(new MemoryStorage(), 'a')).rejects.toThrow(
      'The client has left',
    );
  });

  it('is a StorageFile that is in no storage yet', async () => {
    const file = new NewFile('../a.txt', 'a');
    expect(file).toBeInstanceOf(StorageFile);
    expect(file.name).toBe('../a.txt');
    expect([file.path, file.url]).toEqual([undefined, undefined]);
    expect(await file.storage.exists(file.key)).toBe(false);
    await expect(file.save('b')).rejects.toThrow('It is in no storage yet');
    await expect(file.delete()).rejects.toThrow('It is in no storage yet');
  });

  it.each<[string, object]>([
    ['storage', {}],
    ['storage', { storage: 'default' }],
    ['directory', { storage: new MemoryStorage(), directory: '../b' }],
    ['store', { store: new MemoryStorage() }],
  ])('refuses to be stored with a wrong %s', async (option, options) => {
    await expect(new NewFile('a.txt', 'a').store(options)).rejects.toThrow(
      `Invalid option "NewFile.store().${option}"`,
    );
  });

  it('shows nothing of its content', () => {
    const file = new NewFile('a.txt', 'for your eyes only');
    expect(JSON.stringify(file)).toBe('{"name":"a.txt"}');
    expect(inspect(file, { depth: 9, showHidden: true })).not.toContain('eyes');
  });

  it.each([undefined, null, 1, {}, () => BYTES])(
    'refuses %p as a content',
    (content) => {
      expect(() => new NewFile('a.txt', content as never)).toThrow(
        InvalidOptionsError,
      );
    },
  );

  it('refuses a name that is none', () => {
    expect(() => new NewFile(undefined as never, 'a')).toThrow('NewFile.name');
  });
});
