import { describe, expect, it } from '@jest/globals';
import {
  FileNotFoundError,
  MemoryStorage,
  SuspiciousPathError,
} from 'nestjs-downloadview';

import { textOf } from '../../support/clients/bytes-of.js';

describe('MemoryStorage', () => {
  it('has a strong tag that comes from the bytes alone', async () => {
    const storage = new MemoryStorage();
    const tags = await Promise.all(
      ['same', 'same', 'other'].map(async (text) => {
        const key = await storage.save('a.txt', text);
        return (await storage.stat(key)).etag;
      }),
    );
    expect(tags[0]).toMatch(/^"[\w-]{22}"$/);
    expect(tags[1]).toBe(tags[0]);
    expect(tags[2]).not.toBe(tags[0]);
  });

  it('keeps its own copy of the bytes', async () => {
    const storage = new MemoryStorage();
    const bytes = Buffer.from('before');
    await storage.save('a.txt', bytes);
    bytes.write('after!');
    expect(await textOf(await storage.open('a.txt'))).toBe('before');
  });

  it('knows neither paths nor URLs', () => {
    const storage = new MemoryStorage();
    expect(storage).not.toHaveProperty('path');
    expect(storage).not.toHaveProperty('url');
    expect(storage).not.toHaveProperty('hold');
  });

  it.each(['stat', 'open', 'exists', 'delete'] as const)(
    '%s() rejects a bad key, and does not throw',
    async (method) => {
      const call = new MemoryStorage()[method]('../up');
      await expect(call).rejects.toBeInstanceOf(SuspiciousPathError);
    },
  );

  it('names the missing key in the message, escaped', async () => {
    const call = new MemoryStorage().stat('a\nb');
    await expect(call).rejects.toThrow("No file under key 'a\\u000ab'");
    await expect(call).rejects.toBeInstanceOf(FileNotFoundError);
  });
});
