import { readdir } from 'node:fs/promises';

import { describe, expect, it } from '@jest/globals';
import {
  DerivedFile,
  type DerivedFileOptions,
  FileSystemStorage,
  InvalidOptionsError,
  MemoryStorage,
  SuspiciousPathError,
} from 'nestjs-downloadview';
import sharp from 'sharp';

import { bytesOf, textOf } from '../../support/clients/bytes-of.js';
import { ListedStorage } from '../../support/stores/listed-storage.js';
import { temporaryDirectory } from '../../support/files/temporary-directory.js';

const KEY = 'thumbs/815-3.txt';

/** A file that says how often it was made, and when it may be. */
function made(
  options: Partial<DerivedFileOptions> = {},
  storage = new ListedStorage(),
) {
  let count = 0;
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  let goOn = (): void => undefined;
  const gate = new Promise<void>((resolve) => (goOn = resolve));
  const signals: AbortSignal[] = [];
  const make = async (signal: AbortSignal): Promise<string> => {
    count += 1;
    signals.push(signal);
    begin();
    await gate;
    return `made ${count}`;
  };
  const file = (): DerivedFile =>
    new DerivedFile({ storage, key: KEY, make, ...options });
  return { storage, file, begun, goOn, signals, count: () => count };
}

describe('A DerivedFile', () => {
  it('is made when it is first asked for, and is a file of the storage from then on', async () => {
    const { file, goOn, count, storage } = made();
    goOn();
    expect(count()).toBe(0);
    const stat = await file().stat();
    expect(stat).toEqual(await storage.stat(KEY));
    expect(await textOf(await file().open({ start: 5 }))).toBe('1');
    expect(count()).toBe(1);
  });

  it('is made once for all who ask meanwhile', async () => {
    const { file, goOn, count } = made();
    const asking = [file().stat(), file().stat(), file().open().then(textOf)];
    goOn();
    await Promise.all(asking);
    expect(count()).toBe(1);
  });

  it.each<[string, DerivedFileOptions['make']]>([
    ['text', () => 'text'],
    ['bytes', () => Promise.resolve(Buffer.from('text'))],
    [
      'a generator',
      function* () {
        yield 'te';
        yield 'xt';
      },
    ],
    ['a function', () => () => Promise.resolve(['te', 'xt'])],
  ])('may be made of %s', async (_, make) => {
    expect(await textOf(await made({ make }).file().open())).toBe('text');
  });

  it('that fails keeps nothing, says so to all who wait, and is made again', async () => {
    const storage = new ListedStorage();
    let isBroken = true;
    const make = async function* () {
      yield 'half';
      await Promise.resolve();
      if (isBroken) throw new Error('The printer is on fire');
    };
    const file = () => new DerivedFile({ storage, key: KEY, make });
    const asking = await Promise.allSettled([file().stat(), file().stat()]);
    for (const { status, ...rest } of asking) {
      expect([status, rest]).toMatchObject([
        'rejected',
        { reason: { message: 'The printer is on fire' } },
      ]);
    }
    expect([...storage.keys]).toEqual([]);
    isBroken = false;
    expect(await textOf(await file().open())).toBe('half');
  });

  it('of another size than was said is an error, and nothing is kept', async () => {
    const { file, goOn, storage } = made({ size: 5 });
    goOn();
    await expect(file().stat()).rejects.toThrow('What make() gave has 6 bytes');
    expect([...storage.keys]).toEqual([]);
  });

  it('is not made to say a size that is known', async () => {
    const { file, goOn, count } = made({ size: 6 });
    goOn();
    expect([await file().statUnmade(), count()]).toEqual([{ size: 6 }, 0]);
    await file().stat();
    expect(await file().statUnmade()).toHaveProperty('etag');
  });

  it('is made to say a size that is not known', async () => {
    const { file, goOn } = made();
    goOn();
    expect(await file().statUnmade()).toMatchObject({ size: 6 });
  });

  it('goes on being made when all have left', async () => {
    const { file, begun, goOn, count } = made();
    const controller = new AbortController();
    const asking = file().stat({ signal: controller.signal });
    await begun;
    controller.abort();
    await expect(asking).rejects.toThrow('aborted');
    goOn();
    await file().stat();
    expect(count()).toBe(1);
  });

  it('stops being made when the last one has left, where it may', async () => {
    const { file, begun, signals, count } = made({ abandoned: 'stop' });
    const clients = [new AbortController(), new AbortController()];
    const asking = clients.map(({ signal }) => file().stat({ signal }));
    await begun;
    clients[0].abort();
    await expect(asking[0]).rejects.toThrow('aborted');
    expect(signals[0].aborted).toBe(false);
    clients[1].abort();
    await expect(asking[1]).rejects.toThrow('aborted');
    expect(signals[0].aborted).toBe(true);
    // Who comes now does not wait for what was stopped.
    void file().stat();
    await new Promise(setImmediate);
    expect(count()).toBe(2);
  });

  it('of several processes is the one that was saved first, and no other remains', async () => {
    const directory = await temporaryDirectory();
    try {
      // To the library, a storage of its own is like a process of its own.
      const files = ['one', 'two', 'three'].map(
        (make) =>
          new DerivedFile({
            storage: new FileSystemStorage({ root: directory.path }),
            key: 'report.txt',
            make: () => make,
          }),
      );
      const contents = await Promise.all(
        files.map(async (file) => textOf(await file.open())),
      );
      expect(new Set(contents).size).toBe(1);
      expect(await readdir(directory.path)).toEqual(['report.txt']);
    } finally {
      await directory.remove();
    }
  });

  it('that is forgotten is made again', async () => {
    const { file, goOn, count, storage } = made();
    goOn();
    await file().stat();
    await file().forget();
    expect([...storage.keys]).toEqual([]);
    await file().stat();
    expect(count()).toBe(2);
  });

  it('that is forgotten while it is made is made again, too', async () => {
    const { file, begun, goOn, count, storage } = made();
    const asking = file().stat();
    await begun;
    const forgetting = file().forget();
    goOn();
    await Promise.all([asking, forgetting]);
    expect([count(), storage.keys.size]).toEqual([1, 0]);
  });

  it('is not made under a key that no file can have', async () => {
    const { file, count } = made({ key: '../x' });
    await expect(file().stat()).rejects.toBeInstanceOf(SuspiciousPathError);
    expect(count()).toBe(0);
  });

  it('does not leave orphans in a storage that puts a suffix to every key', async () => {
    class Suffixing extends ListedStorage {
      override save(key: string, content: string) {
        return super.save(`${key}-1`, content);
      }
    }
    const storage = new Suffixing();
    const { file, goOn } = made({}, storage);
    goOn();
    await expect(file().stat()).rejects.toBeInstanceOf(InvalidOptionsError);
    expect([...storage.keys]).toEqual([]);
  });

  it('holds itself open where its storage does, after it was made', async () => {
    const directory = await temporaryDirectory();
    try {
      const storage = new FileSystemStorage({ root: directory.path });
      const file = new DerivedFile({ storage, key: 'a.txt', make: () => 'a' });
      const open = await file.hold?.();
      expect(open?.stat.size).toBe(1);
      open?.close();
      const other = new DerivedFile({
        storage: new MemoryStorage(),
        key: 'a.txt',
        make: () => 'a',
      });
      expect(other.hold).toBeUndefined();
    } finally {
      await directory.remove();
    }
  });

  it('shows name and size as JSON, and no options', async () => {
    const { file, goOn } = made();
    goOn();
    const derived = file();
    await derived.stat();
    expect(JSON.parse(JSON.stringify(derived))).toEqual({
      name: '815-3.txt',
      size: 6,
    });
  });

  it.each<[string, object]>([
    ['storage', { storage: 'default' }],
    ['key', { key: 1 }],
    ['make', { make: 'text' }],
    ['size', { size: -1 }],
    ['abandoned', { abandoned: 'leave' }],
    ['version', { version: 3 }],
  ])('refuses a wrong option: %s', (option, wrong) => {
    expect(made(wrong).file).toThrow(`DerivedFile.${option}`);
  });

  it('is a thumbnail by sharp', async () => {
    const photo = await sharp({
      create: { width: 800, height: 600, channels: 3, background: '#386' },
    })
      .png()
      .toBuffer();
    const file = new DerivedFile({
      storage: new MemoryStorage(),
      key: 'thumbs/815-3.webp',
      make: () => sharp(photo).resize(200).webp().toBuffer(),
    });
    const { format, width, height } = await sharp(
      await bytesOf(await file.open()),
    ).metadata();
    expect([format, width, height]).toEqual(['webp', 200, 150]);
  });
});
