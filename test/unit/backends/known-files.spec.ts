import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  DownloadResponse,
  MemoryStorage,
  StorageFile,
  StorageUnavailableError,
} from 'nestjs-downloadview';

import { KnownFiles } from '../../../lib/backends/nginx-remote.js';

const SIZE = 5;

/** A download of a storage that can be asked once. */
async function downloadOf(key: string): Promise<{
  response: DownloadResponse;
  remember: (files: KnownFiles) => Promise<void>;
  describe: (files: KnownFiles, signature?: string) => Promise<boolean>;
}> {
  const storage = new MemoryStorage();
  await storage.save(key, 'a'.repeat(SIZE));
  const file = new StorageFile(storage, key);
  const response = new DownloadResponse(file);
  const description = await response.describe();
  const address = (signature: string): string =>
    `https://store.example/${key}?signature=${signature}`;
  storage.stat = () => Promise.reject(new StorageUnavailableError('Down'));
  return {
    response,
    remember: (files) =>
      Promise.resolve(files.keep(address('1'), file, description)),
    describe: async (files, signature = '2') => {
      const again = new DownloadResponse(file);
      const place = address(signature);
      const known = await files.describe(again, () => Promise.resolve(place));
      expect(known.description.size).toBe(SIZE);
      return known.isRemembered;
    },
  };
}

describe('what is remembered of files', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('serves while their storage is down, whatever the address is signed by', async () => {
    const files = new KnownFiles(60);
    const { remember, describe: describeAgain } = await downloadOf('a');
    await remember(files);

    expect(await describeAgain(files, 'another')).toBe(true);
  });

  it('is forgotten when its time is over', async () => {
    const files = new KnownFiles(60);
    const { remember, describe: describeAgain } = await downloadOf('a');
    await remember(files);
    const later = Date.now() + 61_000;
    jest.spyOn(Date, 'now').mockReturnValue(later);

    await expect(describeAgain(files)).rejects.toThrow(StorageUnavailableError);
  });

  it('is nothing where nobody said for how long', async () => {
    const files = new KnownFiles(undefined);
    const { remember, describe: describeAgain } = await downloadOf('a');
    await remember(files);

    await expect(describeAgain(files)).rejects.toThrow(StorageUnavailableError);
  });

  it('is of ten thousand files at most, those that were handed over last', async () => {
    const files = new KnownFiles(60);
    const first = await downloadOf('first');
    const second = await downloadOf('second');
    await first.remember(files);
    await second.remember(files);
    await first.remember(files);
    const description = { name: 'other', attachment: true, contentType: '' };
    for (let index = 0; index < 9_999; index += 1) {
      files.keep(`https://store.example/${index}`, second.response.file, {
        ...description,
        headers: {},
      });
    }

    expect(await first.describe(files)).toBe(true);
    await expect(second.describe(files)).rejects.toThrow(
      StorageUnavailableError,
    );
  });
});
