import { afterAll, describe, expect, it } from '@jest/globals';
import { FileSystemStorage, MemoryStorage } from 'nestjs-downloadview';
import {
  storageContract,
  temporaryStorage,
  type TemporaryStorage,
} from 'nestjs-downloadview/testing';

import {
  AnsweringStorage,
  BROKEN_STORAGES,
  SuffixingFreeKeys,
} from './broken-storages.js';

describe('MemoryStorage', () => {
  for (const { name, check } of storageContract(() => new MemoryStorage())) {
    it(name, check);
  }
});

describe('A storage that answers requests', () => {
  for (const { name, check } of storageContract(() => new AnsweringStorage())) {
    it(name, check);
  }
});

describe('A storage that gives every key a suffix', () => {
  const rules = storageContract(() => new SuffixingFreeKeys(), {
    suffixes: true,
  });
  for (const { name, check } of rules) it(name, check);
});

describe('FileSystemStorage', () => {
  const temporary: TemporaryStorage[] = [];
  const createStorage = async () => {
    const storage = await temporaryStorage();
    temporary.push(storage);
    const { root } = storage;
    return new FileSystemStorage({ root, baseUrl: '/media/', dotfiles: true });
  };
  for (const { name, check } of storageContract(createStorage)) it(name, check);

  afterAll(() => Promise.all(temporary.map((storage) => storage.remove())));
});

describe('TemporaryStorage', () => {
  for (const { name, check } of storageContract(temporaryStorage)) {
    it(name, check);
  }

  it('goes away with all its files', async () => {
    const storage = await temporaryStorage();
    await storage.save('folder/a.txt', 'a');
    await storage.remove();
    expect(await storage.exists('folder/a.txt')).toBe(false);
    await storage.remove();
  });
});

describe('storageContract()', () => {
  const rules = storageContract(() => new MemoryStorage());

  async function brokenBy(Storage: new () => MemoryStorage): Promise<string[]> {
    const broken: string[] = [];
    for (const { name, check } of storageContract(() => new Storage())) {
      await check().catch(() => broken.push(name));
    }
    return broken;
  }

  it('gives each check a storage of its own', async () => {
    const made: MemoryStorage[] = [];
    const own = storageContract(() => {
      made.push(new MemoryStorage());
      return made[made.length - 1];
    });
    await Promise.all(own.map(({ check }) => check()));
    expect(made).toHaveLength(own.length);
  });

  it.each([
    ['keeps its rules', class extends MemoryStorage {}],
    ['breaks them', BROKEN_STORAGES[0][1]],
  ])('disposes of a storage that %s, where it can be', async (_, Storage) => {
    let disposed = 0;
    const own = storageContract(() =>
      Object.assign(new Storage(), {
        [Symbol.asyncDispose]: async () => void (disposed += 1),
      }),
    );
    await Promise.allSettled(own.map(({ check }) => check()));
    expect(disposed).toBe(own.length);
  });

  it('calls its rules by sentences, each of them once', () => {
    const names = rules.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]+,? \w/);
  });

  it.each(BROKEN_STORAGES)(
    'finds a storage that %s',
    async (_, Storage, rule) => {
      expect(await brokenBy(Storage)).toContainEqual(
        expect.stringContaining(rule),
      );
    },
  );

  it('has no rule that nothing breaks', () => {
    const unbroken = rules.filter(
      ({ name }) =>
        !BROKEN_STORAGES.some(([, , rule]) => name.startsWith(rule)),
    );
    expect(unbroken).toEqual([]);
  });
});
