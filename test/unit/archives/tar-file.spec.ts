import { gunzipSync } from 'node:zlib';

import { describe, expect, it } from '@jest/globals';
import { VirtualFile } from 'nestjs-downloadview';
import {
  type ArchiveEntry,
  TarFile,
  type TarFileOptions,
} from 'nestjs-downloadview/archives';

import { StoredFile, zeros } from '../../support/files/archive-sources.js';
import { bytesOf } from '../../support/clients/bytes-of.js';

function tar(
  entries: Iterable<ArchiveEntry>,
  options: Partial<TarFileOptions> = {},
): TarFile {
  return new TarFile(entries, { name: 'all.tar', ...options });
}

const files = (): StoredFile[] => [
  new StoredFile('a.bin', Buffer.alloc(50_000, 'a')),
  new StoredFile('日本.bin', Buffer.alloc(512, 'b')),
  new StoredFile(`${'long '.repeat(40)}.bin`, Buffer.alloc(70_001, 'c')),
];

describe('A TarFile', () => {
  it('says its length before a byte is read, and has a tag and ranges', async () => {
    const file = tar(files());
    const { size = 0, etag, acceptsRanges } = await file.stat();
    expect(await bytesOf(await file.open())).toHaveLength(size);
    expect([acceptsRanges, etag]).toEqual([
      true,
      expect.stringMatching(/^"[\w-]{22}"$/),
    ]);
  });

  it('gives every window as it is in the whole', async () => {
    const whole = await bytesOf(await tar(files()).open());
    for (let at = 0; at < 200; at += 1) {
      const start = Math.floor(Math.random() * whole.length);
      const most = at % 2 === 0 ? 600 : whole.length;
      const end = Math.min(
        whole.length - 1,
        start + Math.floor(Math.random() * most),
      );
      const bytes = await bytesOf(await tar(files()).open({ start, end }));
      const isEqual = bytes.equals(whole.subarray(start, end + 1));
      expect({ start, end, isEqual }).toEqual({ start, end, isEqual: true });
    }
  });

  it('reads nothing for a range but what the range sends', async () => {
    const all = files();
    const archive = tar(all);
    const { size = 0 } = await archive.stat();
    await bytesOf(await archive.open({ start: size - 2000 }));
    await bytesOf(await archive.open({ start: 1000, end: 1009 }));
    expect(all.map(({ asked }) => asked)).toEqual([
      ['stat', 'open 488-497'],
      ['stat'],
      ['stat', expect.stringMatching(/^open 69\d\d\d-$/)],
    ]);
  });

  it('tells sizes that no header has room for', async () => {
    const size = 9 * 1024 ** 3;
    const archive = tar([zeros('large.bin', size)]);
    const total = (await archive.stat()).size ?? 0;
    expect(total).toBeGreaterThan(size);
    const head = await bytesOf(await archive.open({ start: 0, end: 2047 }));
    expect(head.includes(` size=${size}\n`)).toBe(true);
  });

  it('fails for a file with another CRC-32 than was given', async () => {
    const [file] = files();
    const reading = tar([{ file, crc32: 1 }])
      .open()
      .then(bytesOf);
    await expect(reading).rejects.toThrow('another CRC-32');
  });

  it('refuses a file of unknown size by its path', async () => {
    const file = new VirtualFile(() => ['a'], { name: 'a.txt' });
    await expect(tar([file]).stat()).rejects.toThrow(
      `Invalid option "TarFile.entries[].size": 'a.txt' was given.`,
    );
  });

  it('is compressed on its way, without length and ranges', async () => {
    const archive = tar(files(), { gzip: true });
    expect(await archive.stat()).toMatchObject({
      contentType: 'application/gzip',
    });
    expect((await archive.stat()).size).toBeUndefined();
    expect(archive.acceptsRanges).toBe(false);
    expect(gunzipSync(await bytesOf(await archive.open()))).toEqual(
      await bytesOf(await tar(files()).open()),
    );
  });

  it('that is compressed leaves nothing open when nobody reads on', async () => {
    const file = new StoredFile('a.bin', Buffer.alloc(10_000_000, 'a'));
    const stream = await tar([file], { gzip: true }).open();
    stream.read(1);
    stream.destroy();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(file.opened).toBe(0);
  });

  it('that is compressed fails with a file that fails', async () => {
    const [first, last] = files();
    const stream = await tar([first, last], { gzip: true }).open();
    last.etag = '"other"';
    await expect(bytesOf(stream)).rejects.toThrow('another one now');
  });

  it('refuses a wrong option', () => {
    expect(() => tar([], { gzip: 9 as never })).toThrow('TarFile.gzip');
    expect(() => tar([], { comment: 'x' } as never)).toThrow('TarFile.comment');
  });
});
