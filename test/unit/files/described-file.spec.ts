import { describe, expect, it } from '@jest/globals';

import {
  DescribedFile,
  type DownloadFile,
} from '../../../lib/files/download-file.js';
import { StorageFile } from '../../../lib/files/storage-file.js';
import { ContentFile } from '../../../lib/files/content-file.js';
import { MemoryStorage } from '../../../lib/storages/memory.storage.js';

describe('JSON of a described file', () => {
  const own: DownloadFile = {
    ...{ name: 'a.txt', path: '/srv/media/a.txt', url: 'http://inside/a.txt' },
    stat: () => ({ size: 1 }),
    open: () => new ContentFile('a', { name: 'a.txt' }).open(),
  };

  it.each([
    ['a wrapper without a JSON of its own', own, { name: 'a.txt' }],
    [
      'a StorageFile',
      new StorageFile(new MemoryStorage(), 'x/a.txt'),
      { name: 'a.txt' },
    ],
    [
      'another described file',
      new DescribedFile(own, { size: 2 }),
      { name: 'a.txt' },
    ],
  ])('is that of the file, and never where it lies: %s', (_, file, json) => {
    const described = new DescribedFile(file, { etag: '"a"' });

    expect(JSON.parse(JSON.stringify(described))).toEqual(json);
  });
});
