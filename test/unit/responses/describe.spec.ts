import { describe as suite, expect, it } from '@jest/globals';

import { ContentFile } from '../../../lib/files/content-file.js';
import {
  DescribedFile,
  type FileDescription,
  type DownloadFile,
} from '../../../lib/files/download-file.js';
import { HttpFile } from '../../../lib/files/http-file.js';
import { StorageFile } from '../../../lib/files/storage-file.js';
import { VirtualFile } from '../../../lib/files/virtual-file.js';
import { describe } from '../../../lib/responses/describe.js';
import { DownloadResponse } from '../../../lib/responses/download-response.js';
import {
  type Presentation,
  type PresentationDefaults,
} from '../../../lib/responses/presentation.js';
import { type FileStat } from '../../../lib/storages/file-stat.js';
import { MemoryStorage } from '../../../lib/storages/memory.storage.js';

async function described(
  file: DownloadFile,
  presentation: Presentation = {},
  defaults: PresentationDefaults = {},
): Promise<ReturnType<typeof describe>> {
  return describe(file, await file.stat(), presentation, defaults);
}

async function stored(name: string): Promise<StorageFile> {
  const storage = new MemoryStorage();
  return new StorageFile(storage, await storage.save(name, 'x'));
}

suite('The name of a download', () => {
  it.each([
    ['INV/2026/00042.pdf', 'INV_2026_00042.pdf'],
    ['12/31/2026', '12_31_2026'],
    ['Meeting 10:30.pdf', 'Meeting 10_30.pdf'],
    ['AC\\DC.pdf', 'AC_DC.pdf'],
    ['../../etc/passwd', '.._.._etc_passwd'],
    ['a\r\nb.pdf', 'ab.pdf'],
    ['con/.txt', 'con_.txt'],
  ])('takes the basename %j for a title: %j', async (basename, name) => {
    const file = await stored('a.pdf');
    expect((await described(file, { basename })).name).toBe(name);
  });

  it('is the last segment of what is a path', async () => {
    const file = new ContentFile('x', { name: 'reports/2026/a:b.pdf' });
    expect((await described(file)).name).toBe('ab.pdf');
  });

  it.each([
    ['INV/2026/00042.pdf', 'x.pdf', 'INV_2026_00042.pdf'],
    ['Annual report 2026', 'x.PDF', 'Annual report 2026.PDF'],
    ['Report v1.2', 'x.pdf', 'Report v1.2.pdf'],
    ['Dr. No', 'x.mp4', 'Dr. No.mp4'],
    ['Report.pdf', 'x.bin', 'Report.pdf'],
    ['12/31/2026', 'x.pdf', '12_31_2026.pdf'],
    ['README', 'LICENSE', 'README'],
    ['Trailing dot.', 'x.pdf', 'Trailing dot.pdf'],
  ])('of an entity titled %j with %j is %j', async (title, key, name) => {
    const file = new DescribedFile(await stored(key), { name: title });
    expect((await described(file)).name).toBe(name);
    expect(file.name).toBe(name);
  });
});

suite('The type of a download', () => {
  const SCRIPTS = [
    ['app.js', 'text/javascript'],
    ['app.mjs', 'Text/JavaScript; charset=utf-8'],
    ['app.css', 'text/css'],
    ['app.wasm', 'application/wasm'],
  ];

  it.each(SCRIPTS)(
    'is no script where a storage holds %s',
    async (name, contentType) => {
      const file = await stored(name);
      const { headers } = await described(file);
      expect(headers['Content-Type']).toBe('application/octet-stream');
      const stat = { ...(await file.stat()), contentType };
      expect(describe(file, stat, {}).contentType).toBe(
        'application/octet-stream',
      );
    },
  );

  it.each(SCRIPTS)(
    'is no script where an entity says so of its file: %s as %s',
    async (name, contentType) => {
      const description: FileDescription = { contentType };
      for (const file of [
        await stored(name),
        new ContentFile('x', { name }),
        await stored('a.txt'),
      ]) {
        expect(
          (await described(new DescribedFile(file, description))).contentType,
        ).toBe('application/octet-stream');
      }
    },
  );

  it.each<[string, Presentation, PresentationDefaults, string]>([
    ['a.txt', {}, { charset: 'utf-8' }, 'text/plain; charset=utf-8'],
    ['a.csv', {}, { charset: 'utf-8' }, 'text/csv; charset=utf-8'],
    ['a.txt', {}, { charset: 'koi8-r' }, 'text/plain; charset=koi8-r'],
    ['a.txt', {}, {}, 'text/plain'],
    ['a.png', {}, { charset: 'utf-8' }, 'image/png'],
    ['a.json', {}, { charset: 'utf-8' }, 'application/json'],
    [
      'a.txt',
      { charset: 'koi8-r' },
      { charset: 'utf-8' },
      'text/plain; charset=koi8-r',
    ],
    [
      'a.txt',
      { contentType: 'text/plain; charset=koi8-r' },
      { charset: 'utf-8' },
      'text/plain; charset=koi8-r',
    ],
    [
      'a.txt',
      { contentType: 'text/html' },
      { charset: 'utf-8' },
      'text/html; charset=utf-8',
    ],
    [
      'a.txt',
      { headers: { 'content-type': 'text/x-own' } },
      { charset: 'utf-8' },
      'text/x-own',
    ],
  ])(
    'of a stored %s presented as %j where the module says %j is %s',
    async (name, presentation, defaults, type) => {
      const { contentType } = await described(
        await stored(name),
        presentation,
        defaults,
      );
      expect(contentType).toBe(type);
    },
  );

  it('has a charset where the library itself encodes the text', async () => {
    for (const file of [
      new ContentFile('Größe', { name: 'a.txt' }),
      new VirtualFile('Größe', { name: 'a.txt' }),
    ]) {
      expect((await described(file)).contentType).toBe(
        'text/plain; charset=utf-8',
      );
    }
  });

  it('of a file of another server is what that says', () => {
    const file = new HttpFile('https://a.example/a.txt', {
      allowedHosts: ['a.example'],
    });
    const defaults = { charset: 'utf-8' };
    const typeOf = (wrapped: DownloadFile, stat: FileStat): string =>
      describe(wrapped, stat, {}, defaults).contentType;
    const html = { contentType: 'text/html' };
    expect(typeOf(file, html)).toBe('text/html');
    expect(typeOf(new DescribedFile(file, {}), html)).toBe('text/html');
    expect(typeOf(file, {})).toBe('text/plain; charset=utf-8');
  });

  it('is the one that a header of the application gives, also for what may be shown', async () => {
    const { contentType, attachment, headers } = await described(
      await stored('a.png'),
      { attachment: false, headers: { 'CONTENT-TYPE': 'text/html' } },
    );
    expect([contentType, attachment]).toEqual(['text/html', true]);
    expect(Object.keys(headers)).not.toContain('Content-Type');
  });

  it.each(SCRIPTS)(
    'is what the application itself says: %s as %s',
    async (name, contentType) => {
      const { contentType: said } = await described(await stored(name), {
        contentType,
      });
      expect(said).toMatch(new RegExp(`^${contentType.split(';')[0]}`, 'i'));
    },
  );
});

suite('The headers of a download', () => {
  it('hold one of several spellings: the last', async () => {
    const { headers } = await described(await stored('a.txt'), {
      headers: { 'X-Own': '1', 'cache-control': 'no-store', 'x-own': '2' },
    });
    const named = (name: string): [string, string][] =>
      Object.entries(headers).filter(([given]) => given.toLowerCase() === name);
    expect(named('x-own')).toEqual([['x-own', '2']]);
    expect(named('cache-control')).toEqual([['cache-control', 'no-store']]);
  });
});

suite('The description of a file that was described before', () => {
  const stat: FileStat = {
    size: 1,
    etag: '"a"',
    lastModified: new Date('2025-03-01T10:00:00Z'),
  };
  const file: DownloadFile = {
    name: 'a.txt',
    stat: () => Promise.resolve(stat),
    open: () => Promise.reject(new Error('Nobody reads it')),
  };
  const defaults: PresentationDefaults = {};
  const again = (
    other: FileStat = {},
    presentation: Presentation = {},
  ): ReturnType<typeof describe> =>
    describe(file, { ...stat, ...other }, presentation, defaults);

  it('is the same one while nothing of it has changed', () => {
    expect(again()).toBe(
      again({ lastModified: new Date('2025-03-01T10:00Z') }),
    );
  });

  it.each<[FileStat, Presentation]>([
    [{ size: 2 }, {}],
    [{ etag: '"b"' }, {}],
    [{ etag: undefined }, {}],
    [{ lastModified: new Date('2025-03-01T10:00:01Z') }, {}],
    [{ lastModified: undefined }, {}],
    [{ version: 'v1' }, {}],
    [{ isBoundByAddress: true }, {}],
    [{ digest: `sha-256=:${Buffer.alloc(32).toString('base64')}:` }, {}],
    [{}, { cacheControl: 'no-store' }],
    [{}, { headers: { 'X-Own': '1' } }],
    [{}, { basename: 'b.txt' }],
    [{}, { attachment: false }],
  ])('is another one with %j and %j', (other, presentation) => {
    const before = again();
    const after = again(other, presentation);
    expect(after).not.toEqual(before);
    expect(again()).toEqual(before);
  });

  it('lets a date of the future come nearer', () => {
    const lastModified = new Date(Date.now() + 3_600_000);
    expect(again({ lastModified })).not.toBe(again({ lastModified }));
  });

  it('is given away as a copy, which anybody may change', async () => {
    const download = new DownloadResponse(file);
    const first = await download.describe();
    Object.assign(first.headers, { 'X-Own': '1' });
    first.lastModified?.setFullYear(1999);
    const second = await download.describe();
    expect(second.headers).not.toHaveProperty('X-Own');
    expect(second.lastModified).toEqual(stat.lastModified);
  });
});
