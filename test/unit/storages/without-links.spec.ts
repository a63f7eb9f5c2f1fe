import * as fs from 'node:fs/promises';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import {
  afterEach,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';

import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';

let code = 'EPERM';
let seen: readonly string[] = [];

// A file system without hard links, which also tells what others could see at each rename.
jest.unstable_mockModule('node:fs/promises', () => ({
  ...fs,
  link: () => Promise.reject(Object.assign(new Error(code), { code })),
  rename: async (from: string, to: string) => {
    seen = [...seen, ...(await readdir(join(to, '..')))];
    await fs.rename(from, to);
  },
}));
const { FileSystemStorage, StorageUnavailableError, SuspiciousPathError } =
  await import('nestjs-downloadview');

let directory: TemporaryDirectory;

beforeEach(async () => {
  directory = await temporaryDirectory();
  seen = [];
});

afterEach(() => directory.remove());

describe('FileSystemStorage.save() where the file system has no hard links', () => {
  it.each(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EIO', 'EMLINK'])(
    'stores a file after %s, whole, and leaves nothing beside it',
    async (given) => {
      code = given;
      const storage = new FileSystemStorage({ root: directory.path });
      expect(await storage.save('a.txt', 'content')).toBe('a.txt');
      expect(await readFile(join(directory.path, 'a.txt'), 'utf8')).toBe(
        'content',
      );
      expect(await readdir(directory.path)).toEqual(['a.txt']);
      // Until the rename there was no file of that name, not half of one either.
      expect(seen).not.toContain('a.txt');
    },
  );

  it('overwrites nothing', async () => {
    code = 'EPERM';
    await writeFile(join(directory.path, 'a.txt'), 'first');
    const storage = new FileSystemStorage({ root: directory.path });
    const key = await storage.save('a.txt', 'second');
    expect(key).toMatch(/^a_.+\.txt$/);
    expect(await storage.save('a.txt', 'third', { ifTaken: 'keep' })).toBe(
      'a.txt',
    );
    expect(await readFile(join(directory.path, 'a.txt'), 'utf8')).toBe('first');
    expect((await readdir(directory.path)).sort()).toEqual(
      ['a.txt', key].sort(),
    );
  });

  it('keeps all of many that are saved under one name at once', async () => {
    code = 'ENOTSUP';
    const storages = [1, 2, 3].map(
      () => new FileSystemStorage({ root: directory.path }),
    );
    const contents = Array.from({ length: 30 }, (_, index) => `${index}`);
    const keys = await Promise.all(
      contents.map((content, index) =>
        storages[index % 3].save(index % 2 ? 'a.txt' : 'A.txt', content),
      ),
    );
    expect(new Set(keys).size).toBe(30);
    const found = await Promise.all(
      keys.map((key) => readFile(join(directory.path, key), 'utf8')),
    );
    expect(found).toEqual(contents);
    expect(await readdir(directory.path)).toHaveLength(30);
  });

  it('another failure is the storage’s, and leaves nothing', async () => {
    code = 'ENOSPC';
    const storage = new FileSystemStorage({ root: directory.path });
    await expect(storage.save('a.txt', 'a')).rejects.toThrow(
      StorageUnavailableError,
    );
    expect(await readdir(directory.path)).toEqual([]);
  });

  it('a name that is too long is a wrong key', async () => {
    code = 'EPERM';
    const storage = new FileSystemStorage({ root: directory.path });
    for (const key of [`${'n'.repeat(300)}/a`, 'n'.repeat(300)]) {
      await expect(storage.save(key, 'a')).rejects.toThrow(SuspiciousPathError);
    }
    code = 'ENAMETOOLONG';
    await expect(storage.save('a.txt', 'a')).rejects.toThrow(
      SuspiciousPathError,
    );
  });
});
