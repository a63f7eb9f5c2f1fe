import { Readable } from 'node:stream';

import { afterAll, describe, expect, it } from '@jest/globals';
import {
  type FileStat,
  FileSystemStorage,
  MemoryStorage,
  type ReadWindow,
  type StorageContent,
} from 'nestjs-downloadview';
import {
  storageContract,
  temporaryStorage,
  type TemporaryStorage,
} from 'nestjs-downloadview/testing';

const temporary: TemporaryStorage[] = [];

async function newTemporaryStorage(): Promise<TemporaryStorage> {
  const storage = await temporaryStorage();
  temporary.push(storage);
  return storage;
}

afterAll(() => Promise.all(temporary.map((storage) => storage.remove())));

describe('MemoryStorage', () => {
  for (const { name, check } of storageContract(() => new MemoryStorage())) {
    it(name, check);
  }
});

describe('FileSystemStorage', () => {
  const createStorage = async () => {
    const { root } = await newTemporaryStorage();
    return new FileSystemStorage({ root, baseUrl: '/media/', dotfiles: true });
  };
  for (const { name, check } of storageContract(createStorage)) it(name, check);
});

describe('TemporaryStorage', () => {
  for (const { name, check } of storageContract(newTemporaryStorage)) {
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

class Overwriting extends MemoryStorage {
  override async save(key: string, content: StorageContent): Promise<string> {
    await this.delete(key);
    return super.save(key, content);
  }
}

class WithoutWindow extends MemoryStorage {
  override open(key: string): Promise<Readable> {
    return super.open(key);
  }
}

class WithExclusiveEnd extends MemoryStorage {
  override open(key: string, window: ReadWindow = {}): Promise<Readable> {
    const { start, end } = window;
    return super.open(key, { start, end: end && end - 1 });
  }
}

class CountingCharacters extends MemoryStorage {
  override async stat(key: string): Promise<FileStat> {
    const size = (await super.stat(key)).size && 16;
    return { ...(await super.stat(key)), size };
  }
}

class Forgiving extends MemoryStorage {
  override open(key: string, window?: ReadWindow): Promise<Readable> {
    return super.open(key, window).catch(() => Readable.from([]));
  }
}

class Normalising extends MemoryStorage {
  override exists(key: string): Promise<boolean> {
    return super.exists(key.replace(/^.*\/(?=.)|^\.*$|\0/g, '') || 'a');
  }
}

class InLatin1 extends MemoryStorage {
  override save(key: string, content: StorageContent): Promise<string> {
    return super.save(
      key,
      typeof content === 'string' ? Buffer.from(content, 'latin1') : content,
    );
  }
}

class Decoding extends MemoryStorage {
  override open(key: string, window?: ReadWindow): Promise<Readable> {
    return super.open(decodeURIComponent(key), window);
  }
}

class DeletingOnce extends MemoryStorage {
  override async delete(key: string): Promise<void> {
    await this.stat(key);
    await super.delete(key);
  }
}

describe('storageContract()', () => {
  const rules = storageContract(() => new MemoryStorage());

  it('gives each check a storage of its own', async () => {
    const made: MemoryStorage[] = [];
    const own = storageContract(() => {
      made.push(new MemoryStorage());
      return made[made.length - 1];
    });
    await Promise.all(own.map(({ check }) => check()));
    expect(made).toHaveLength(own.length);
  });

  it('calls its rules by sentences, each of them once', () => {
    const names = rules.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]+,? \w/);
  });

  it.each([
    ['overwrites', Overwriting, 'never overwrites'],
    ['knows no window', WithoutWindow, 'reads a window'],
    ['leaves the end of a window out', WithExclusiveEnd, 'reads a window'],
    ['counts characters', CountingCharacters, 'knows the size in bytes'],
    ['gives nothing for what is missing', Forgiving, 'says FileNotFoundError'],
    ['normalises keys', Normalising, 'refuses keys that leave it'],
    ['does not write UTF-8', InLatin1, 'takes text as UTF-8'],
    ['decodes keys', Decoding, 'keeps names that are difficult'],
    ['minds what is missing', DeletingOnce, 'deletes, and does not mind'],
  ])('finds a storage that %s', async (_, Storage, rule) => {
    const broken: string[] = [];
    for (const { name, check } of storageContract(() => new Storage())) {
      await check().catch(() => broken.push(name));
    }
    expect(broken).toContainEqual(expect.stringContaining(rule));
  });
});
