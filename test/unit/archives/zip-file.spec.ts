import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

import { describe, expect, it } from '@jest/globals';
import {
  ContentFile,
  FileChangedError,
  FileNotFoundError,
  InvalidOptionsError,
  LocalFile,
  MemoryStorage,
  StorageFile,
  VirtualFile,
} from 'nestjs-downloadview';
import {
  type ArchiveEntries,
  type ArchiveEntry,
  ZipFile,
  type ZipFileOptions,
} from 'nestjs-downloadview/archives';

import { StoredFile } from '../../support/files/archive-sources.js';
import { bytesOf } from '../../support/clients/bytes-of.js';
import { temporaryDirectory } from '../../support/files/temporary-directory.js';

const NAME = { name: 'all.zip' };

function zip(
  entries: ArchiveEntries,
  options: Partial<ZipFileOptions> = {},
): ZipFile {
  return new ZipFile(entries, { ...NAME, ...options });
}

function stored(name: string, length = 100): StoredFile {
  return new StoredFile(name, Buffer.alloc(length, name));
}

const three = (): StoredFile[] => [
  stored('a.bin', 50_000),
  stored('b.bin', 0),
  stored('c.bin', 70_000),
];

describe('A ZipFile', () => {
  it('says its length before a byte is read', async () => {
    const files = three();
    const file = zip(files);
    const { size } = await file.stat();
    expect(files.flatMap(({ asked }) => asked)).toEqual(Array(3).fill('stat'));
    expect(await bytesOf(await file.open())).toHaveLength(size ?? 0);
  });

  it('gives every window as it is in the whole', async () => {
    const entries: ArchiveEntry[] = [
      ...three(),
      { path: 'empty/' },
      { file: stored('d'), crc32: crc32(Buffer.alloc(100, 'd')) },
    ];
    const whole = await bytesOf(await zip(entries, { comment: '✓' }).open());
    for (let at = 0; at < 300; at += 1) {
      const start = Math.floor(Math.random() * whole.length);
      const most = at % 2 === 0 ? 40 : whole.length;
      const end = Math.min(
        whole.length - 1,
        start + Math.floor(Math.random() * most),
      );
      const window = await zip(entries, { comment: '✓' }).open({ start, end });
      const bytes = await bytesOf(window);
      const isEqual = bytes.equals(whole.subarray(start, end + 1));
      expect({ start, end, isEqual }).toEqual({ start, end, isEqual: true });
    }
  });

  it('has the same tag and bytes elsewhere, where its files have the same tags', async () => {
    const [one, other] = [zip(three()), zip(three())];
    expect((await one.stat()).etag).toMatch(/^"[\w-]{22}"$/);
    expect((await one.stat()).etag).toBe((await other.stat()).etag);
    expect(await bytesOf(await one.open())).toEqual(
      await bytesOf(await other.open()),
    );
  });

  it.each<[string, (file: StoredFile) => ArchiveEntry]>([
    ['tag of a file', (file) => ({ file, etag: '2' })],
    ['path', (file) => ({ file, path: 'b' })],
    ['time', (file) => ({ file, lastModified: new Date(1e12) })],
    ['mode', (file) => ({ file, mode: 0o755 })],
    ['given checksum', (file) => ({ file, crc32: 1 })],
  ])('has another tag with another %s', async (_, entryOf) => {
    const { etag } = await zip([stored('a')]).stat();
    const other = await zip([entryOf(stored('a'))]).stat();
    expect(other.etag).not.toBe(etag);
  });

  it('has another tag with another comment', async () => {
    const { etag } = await zip([stored('a')]).stat();
    const other = await zip([stored('a')], { comment: 'x' }).stat();
    expect(other.etag).not.toBe(etag);
  });

  it('has neither tag nor ranges where a file has no strong tag', async () => {
    const weak = new StoredFile('a', Buffer.from('a'), { etag: 'W/"1"' });
    const stat = await zip([weak]).stat();
    expect(stat).toMatchObject({ acceptsRanges: false, etag: undefined });
    expect(stat.size).toBeGreaterThan(0);
  });

  it('needs no tag of a file that is empty', async () => {
    const stat = await zip([new ContentFile('', { name: 'a' })]).stat();
    expect(stat).toMatchObject({ acceptsRanges: true });
  });

  it('has the tag that it is given', async () => {
    const files = [new ContentFile('a', { name: 'a' })];
    const stat = await zip(files, { etag: 'mine' }).stat();
    expect(stat).toMatchObject({ acceptsRanges: true, etag: '"mine"' });
  });

  it('has no length where a file has none', async () => {
    const file = zip([
      new VirtualFile(() => ['one ', 'two'], { name: 'a.txt' }),
      stored('b'),
    ]);
    const { size, acceptsRanges } = await file.stat();
    expect([size, acceptsRanges]).toEqual([undefined, false]);
    expect((await bytesOf(await file.open())).includes('one two')).toBe(true);
  });

  it('asks each file once, and plans once, for the facts and for several windows', async () => {
    const files = three();
    let draws = 0;
    const file = zip(() => {
      draws += 1;
      return files;
    });
    const { signal } = new AbortController();
    const { etag: ifMatch } = await file.stat({ signal });
    for (const start of [0, 60_000]) {
      await bytesOf(await file.open({ start, end: start, ifMatch, signal }));
    }
    expect(draws).toBe(1);
  });

  it('that is kept gives each request what that was told', async () => {
    const files: ArchiveEntry[] = [stored('a')];
    const file = zip(files);
    const [one, other] = [new AbortController(), new AbortController()];
    const before = await file.stat({ signal: one.signal });
    files.push(stored('b'));
    const after = await file.stat({ signal: other.signal });
    const sizes = await Promise.all(
      [one, other].map(
        async ({ signal }) =>
          (await bytesOf(await file.open({ signal }))).length,
      ),
    );
    expect(sizes).toEqual([before.size, after.size]);
  });

  it('refuses to be opened as one that it is not any more', async () => {
    await expect(
      zip(three()).open({ ifMatch: '"other"' }),
    ).rejects.toBeInstanceOf(FileChangedError);
  });

  it('does not ask a file whose size and tag are given, and opens it by that tag', async () => {
    const file = stored('a');
    const archive = zip([{ file, size: 100, etag: 'a-1' }]);
    await bytesOf(await archive.open());
    expect(file.asked).toEqual(['open 0-']);
    const changed = zip([{ file, size: 100, etag: 'a-2' }]);
    await expect(changed.open()).rejects.toBeInstanceOf(FileChangedError);
  });

  it('binds a file by the version that its store knows it by', async () => {
    const file = new StoredFile('a', Buffer.from('a'), {
      etag: '"a"',
      version: '"a"',
    });
    const described = {
      name: 'a',
      stat: async () => ({ ...(await file.stat()), etag: '"of a row"' }),
      open: file.open.bind(file),
    };
    expect(await bytesOf(await zip([described]).open())).not.toHaveLength(0);
  });

  it.each([
    ['larger', 101],
    ['smaller', 99],
  ])('fails for a file that is said to be %s', async (_, size) => {
    const file = stored('a');
    const reading = zip([{ file, size, etag: 'a-1' }])
      .open()
      .then(bytesOf);
    await expect(reading).rejects.toThrow('another size');
    expect(file.opened).toBe(0);
  });

  it('fails for a file with another CRC-32 than was given', async () => {
    const reading = zip([{ file: stored('a'), crc32: 1 }])
      .open()
      .then(bytesOf);
    await expect(reading).rejects.toThrow('another CRC-32');
  });

  it('fails for a file that was changed while others were sent', async () => {
    const [, last] = [stored('a', 200_000), stored('b')];
    const stream = await zip([stored('a', 200_000), last]).open();
    last.etag = '"b-2"';
    await expect(bytesOf(stream)).rejects.toThrow('another one now');
  });

  it.each([
    ['', 8],
    ['with more than it had', 9],
  ])(
    'fails for a local file that is overwritten while it is sent %s',
    async (_, megabytes) => {
      const directory = await temporaryDirectory();
      try {
        const path = await directory.write('a.bin', Buffer.alloc(8 << 20, 'a'));
        const stream = await zip([new LocalFile(path)]).open();
        const reading = stream[Symbol.asyncIterator]();
        await reading.next();
        await reading.next();
        const file = await open(path, 'r+');
        await file.write(Buffer.alloc(megabytes << 20, 'b'));
        await file.close();
        const rest = async (): Promise<void> => {
          while (!(await reading.next()).done);
        };
        await expect(rest()).rejects.toThrow('was changed while');
      } finally {
        await directory.remove();
      }
    },
  );

  it('fails for a missing file', async () => {
    const missing = new StoredFile('b', undefined);
    await expect(zip([stored('a'), missing]).stat()).rejects.toBeInstanceOf(
      FileNotFoundError,
    );
  });

  it('leaves a missing file out where it is to be skipped', async () => {
    const missing = new StoredFile('b', undefined);
    const archive = zip([stored('a'), missing], { missing: 'skip' });
    expect(await archive.stat()).toEqual(await zip([stored('a')]).stat());
  });

  it('is to be described anew when a file goes away between description and opening', async () => {
    const file = stored('a');
    const archive = zip([file], { missing: 'skip' });
    await archive.stat();
    file.content = undefined;
    await expect(archive.open()).rejects.toBeInstanceOf(FileChangedError);
  });

  it('names the function form where entries that can be drawn once are drawn twice', async () => {
    const once = (function* () {
      yield stored('a');
    })();
    const archive = zip(once);
    await archive.stat();
    await bytesOf(await archive.open());
    await expect(archive.stat()).rejects.toThrow(
      'Give a function that makes a new one: new ZipFile(() => entries(), { name }).',
    );
  });

  it('asks sixteen files at once, and no more', async () => {
    let asked = 0;
    let most = 0;
    const files = Array.from({ length: 100 }, (_, index) => ({
      name: `${index}`,
      async stat() {
        asked += 1;
        most = Math.max(most, asked);
        await new Promise(setImmediate);
        asked -= 1;
        return { size: 1, etag: '"1"' };
      },
      open: () => {
        throw new Error('Not to be read');
      },
    }));
    await zip(files).stat();
    expect(most).toBe(16);
  });

  it('stops asking when the client has left', async () => {
    const controller = new AbortController();
    const files = three();
    const leave = {
      ...stored('leave'),
      stat: () => {
        controller.abort();
        return { size: 1 };
      },
      open: () => {
        throw new Error('Not to be read');
      },
    };
    const asking = zip([leave, ...files]).stat({ signal: controller.signal });
    await expect(asking).rejects.toThrow('aborted');
    expect(files.flatMap(({ asked }) => asked)).toEqual([]);
  });

  it('has one file open at a time, and reads little ahead', async () => {
    const files = [stored('a', 1_000_000), stored('b', 1_000_000)];
    const stream = await zip(files).open();
    stream.read();
    await new Promise(setImmediate);
    const [first, second] = files;
    expect([first.opened, second.opened]).toEqual([1, 0]);
    expect(first.taken).toBeLessThanOrEqual(5 * 64 * 1024);
    stream.destroy();
    await new Promise(setImmediate);
    expect(first.opened).toBe(0);
  });

  it('reads for a range only what the range sends and what its checksums need', async () => {
    const files = [stored('a', 1_000_000), stored('b', 1_000_000)];
    const archive = zip(files);
    const { size = 0 } = await archive.stat();
    await bytesOf(await archive.open({ start: 500_000, end: 500_099 }));
    expect(files[0].asked).toEqual(['stat', 'open 499969-500068']);
    await bytesOf(await archive.open({ start: size - 100 }));
    expect(files.map(({ asked }) => asked.length)).toEqual([3, 2]);
  });

  it('reads no more for checksums than is allowed', async () => {
    const files = [stored('a', 1000), stored('b', 1000)];
    const archive = zip(files, { crcLimit: 1999 });
    const { size = 0, etag: ifMatch } = await archive.stat();
    const gives = (start: number, end: number): boolean =>
      archive.givesRanges([{ start, end }], { ifMatch });
    expect([
      gives(size - 100, size - 1),
      gives(0, size - 1),
      gives(1500, size - 1),
      gives(500, 600),
    ]).toEqual([false, true, true, true]);
    // Who reads them knows them from then on.
    await bytesOf(await archive.open());
    expect(gives(size - 100, size - 1)).toBe(true);
  });

  it.each([
    [
      'the storage',
      async () => {
        const storage = new MemoryStorage();
        const key = await storage.save('a.bin', Buffer.alloc(1000));
        return () => new StorageFile(storage, key);
      },
    ],
    [
      'the disk',
      async () => {
        const directory = await temporaryDirectory();
        const path = await directory.write('a.bin', Buffer.alloc(1000));
        return () => new LocalFile(path);
      },
    ],
  ])('remembers the checksum of a file of %s', async (_, prepare) => {
    const make = await prepare();
    await bytesOf(await zip([make()]).open());
    const archive = zip([make()], { crcLimit: 0 });
    const { size = 0, etag: ifMatch } = await archive.stat();
    const ranges = [{ start: size - 20, end: size - 1 }];
    expect(archive.givesRanges(ranges, { ifMatch })).toBe(true);
  });

  it('takes the checksum that a store keeps', async () => {
    const bytes = Buffer.from('known');
    const file = new StoredFile('a', bytes, {
      crc32: crc32(bytes),
      etag: '"1"',
    });
    const archive = zip([file], { crcLimit: 0 });
    const { size = 0, etag: ifMatch } = await archive.stat();
    const ranges = [{ start: size - 20, end: size - 1 }];
    expect(archive.givesRanges(ranges, { ifMatch })).toBe(true);
    expect(await bytesOf(await archive.open())).toHaveLength(size);
  });

  it('that compresses has no length, and draws entries while it is sent', async () => {
    const drawn: string[] = [];
    const archive = zip(
      (function* () {
        for (const name of ['a.txt', 'b.txt']) {
          drawn.push(name);
          yield stored(name, 100_000);
        }
      })(),
      { compress: true },
    );
    expect((await archive.stat()).size).toBeUndefined();
    expect(drawn).toEqual([]);
    const bytes = await bytesOf(await archive.open());
    expect(bytes.length).toBeLessThan(2_000);
    expect(drawn).toEqual(['a.txt', 'b.txt']);
  });

  it('stores what is compressed already, though it compresses', async () => {
    const names = ['a.jpg', 'b.docx', 'c.mp4', 'd.tgz', 'e.woff2'];
    const archive = zip(
      names.map((name) => stored(name, 1000)),
      { compress: true },
    );
    expect((await bytesOf(await archive.open())).length).toBeGreaterThan(5000);
    const others = ['a.svg', 'b.txt', 'c.wav', 'd.bmp', 'e.tar', 'f.bin'];
    const small = zip(
      others.map((name) => stored(name, 1000)),
      { compress: true },
    );
    expect((await bytesOf(await small.open())).length).toBeLessThan(1500);
  });

  it('that compresses leaves nothing open when nobody reads on', async () => {
    const file = stored('a.txt', 10_000_000);
    const stream = await zip([file], { compress: true }).open();
    stream.read(1);
    stream.destroy();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(file.opened).toBe(0);
  });

  it.each<[string, () => unknown]>([
    ['entries', () => zip('a.txt' as never)],
    ['entries', () => zip({} as never)],
    ['name', () => new ZipFile([], {} as never)],
    ['missing', () => zip([], { missing: 'ignore' as never })],
    ['compress', () => zip([], { compress: 1 as never })],
    ['comment', () => zip([], { comment: 'x'.repeat(65_536) })],
    ['crcLimit', () => zip([], { crcLimit: -1 })],
    ['level', () => zip([], { level: 9 } as never)],
  ])('refuses a wrong option: %s', (option, make) => {
    expect(make).toThrow(InvalidOptionsError);
    expect(make).toThrow(`ZipFile.${option}`);
  });

  it.each<[string, unknown]>([
    ['file', 'a.txt'],
    ['file', { file: 'a.txt' }],
    ['path', { path: 'a.txt' }],
    ['path', { file: stored('a'), path: 1 }],
    ['size', { file: stored('a'), size: 1.5 }],
    ['etag', { file: stored('a'), etag: '' }],
    ['crc32', { file: stored('a'), crc32: -1 }],
    ['lastModified', { file: stored('a'), lastModified: 'today' }],
    ['mode', { file: stored('a'), mode: 0o7777 }],
  ])('refuses an entry with a wrong %s', async (option, entry) => {
    await expect(zip([entry as never]).stat()).rejects.toThrow(
      `ZipFile.entries[].${option}`,
    );
  });
});
