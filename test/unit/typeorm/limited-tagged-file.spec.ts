import { Readable } from 'node:stream';

import { describe, expect, it } from '@jest/globals';
import { ContentFile, type FileStat, HttpFile } from 'nestjs-downloadview';

import { versionOf } from '../../../lib/storages/file-stat.js';
import { TaggedFile } from '../../../lib/typeorm/limited-links/link-uses.js';

const GRANT = '0123456789abcdef0123456789abcdef';
const TIME = new Date('2026-11-20T12:00:00Z');

function tagOf(stat: FileStat, grant = GRANT): Promise<string | undefined> {
  const file = {
    name: 'a.bin',
    stat: () => stat,
    open: () => Readable.from([]),
  };
  return new TaggedFile(file, grant).stat().then(({ etag }) => etag);
}

describe('the tag of a file that a use is for', () => {
  it.each<[what: string, stat: FileStat]>([
    ['its tag', { etag: '"a"' }],
    ['its weak tag', { etag: 'W/"a"' }],
    ['its date and size', { lastModified: TIME, size: 5 }],
  ])('is strong and stays the same with %s', async (_, stat) => {
    const tag = await tagOf(stat);
    expect(tag).toMatch(new RegExp(`^"${GRANT}\\.[\\w-]{16}"$`));
    expect(await tagOf({ ...stat })).toBe(tag);
    expect(await tagOf(stat, GRANT.replace('0', '1'))).not.toBe(tag);
  });

  it.each<[what: string, one: FileStat, other: FileStat]>([
    ['tag', { etag: '"a"' }, { etag: '"b"' }],
    ['date', { lastModified: TIME }, { lastModified: new Date(0) }],
    ['size', { lastModified: TIME, size: 1 }, { lastModified: TIME, size: 2 }],
  ])('is another one with another %s', async (_, one, other) => {
    expect(await tagOf(one)).not.toBe(await tagOf(other));
  });

  it('is never the same for a file that says nothing', async () => {
    expect(await tagOf({ size: 5 })).not.toBe(await tagOf({ size: 5 }));
  });

  it.each([
    ['"own"', '"own"'],
    ['W/"own"', undefined],
  ])('is not what the file is opened by: %s', async (etag, asked) => {
    let given: string | undefined = 'nothing';
    const file = new TaggedFile(
      {
        name: 'a.bin',
        stat: () => ({ etag, size: 1 }),
        open: (window) => {
          given = window?.ifMatch;
          return Readable.from(['a']);
        },
      },
      GRANT,
    );
    const stat = await file.stat();
    await file.open({ start: 0, ifMatch: versionOf(stat) });
    expect(stat.etag).not.toBe(etag);
    expect(given).toBe(asked);
  });

  it('leads to the file that it was made for, though another has taken its place', async () => {
    const tags = ['"old"', '"new"'];
    const given: (string | undefined)[] = [];
    const file = new TaggedFile(
      {
        name: 'a.bin',
        stat: () => ({ etag: tags.shift(), size: 1 }),
        open: (window) => {
          given.push(window?.ifMatch);
          return Readable.from(['a']);
        },
      },
      GRANT,
    );
    const stats = [await file.stat(), await file.stat()];
    for (const stat of stats) await file.open({ ifMatch: versionOf(stat) });
    expect(given).toEqual(['"old"', '"new"']);
  });

  it('is nothing that an origin is asked to judge by', () => {
    const file = new HttpFile('http://files.example/a', {
      allowedHosts: ['files.example'],
    });
    expect(file).toHaveProperty('request');
    expect(new TaggedFile(file, GRANT)).not.toHaveProperty('request');
  });

  it('stands in for what the wrapper says otherwise', async () => {
    const file = new ContentFile('abc', { name: 'a.txt' });
    const tagged = new TaggedFile(file, GRANT);
    expect(tagged.name).toBe('a.txt');
    expect(await tagged.stat()).toMatchObject({ size: 3 });
    expect(JSON.stringify(tagged)).not.toContain(GRANT);
  });
});
