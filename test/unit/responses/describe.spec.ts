import { describe as suite, expect, it } from '@jest/globals';

import { ContentFile } from '../../../lib/files/content-file.js';
import {
  DescribedFile,
  type FileDescription,
} from '../../../lib/files/described-file.js';
import { type DownloadFile } from '../../../lib/files/download-file.js';
import { StorageFile } from '../../../lib/files/storage-file.js';
import { describe } from '../../../lib/responses/describe.js';
import {
  type Presentation,
  type PresentationDefaults,
} from '../../../lib/responses/presentation.js';
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
