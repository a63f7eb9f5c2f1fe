import { type Readable } from 'node:stream';
import { inspect } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  FileNotFoundError,
  FileSystemStorage,
  MemoryStorage,
  StorageFile,
} from 'nestjs-downloadview';
import {
  temporaryStorage,
  type TemporaryStorage,
} from 'nestjs-downloadview/testing';

import { textOf } from '../../support/clients/bytes-of.js';

class CountingStorage extends MemoryStorage {
  calls = 0;

  override stat(key: string): ReturnType<MemoryStorage['stat']> {
    this.calls += 1;
    return super.stat(key);
  }

  override open(key: string): Promise<Readable> {
    this.calls += 1;
    return super.open(key);
  }
}

describe('StorageFile', () => {
  let onDisk: TemporaryStorage;

  beforeAll(async () => {
    onDisk = await temporaryStorage();
    await onDisk.save('folder/a b.txt', '0123456789');
  });

  afterAll(() => onDisk.remove());

  it('asks its storage for nothing before it is asked', async () => {
    const storage = new CountingStorage();
    const file = new StorageFile(storage, '../no/key\0 at all');
    expect(file.name).toBe('key\0 at all');
    expect(file.size).toBeUndefined();
    expect(JSON.stringify(file)).toContain('key');
    expect(storage.calls).toBe(0);
    await expect(file.stat()).rejects.toBeInstanceOf(FileNotFoundError);
    expect(storage.calls).toBe(1);
  });

  it('is called by the last segment of its key, or as it is told', () => {
    expect(new StorageFile(onDisk, 'folder/a b.txt').name).toBe('a b.txt');
    expect(new StorageFile(onDisk, 'a.txt').name).toBe('a.txt');
    expect(new StorageFile(onDisk, 'a.txt', { name: 'b.txt' }).name).toBe(
      'b.txt',
    );
  });

  it('has the path and the URL that its storage knows', () => {
    const { root } = onDisk;
    const withUrl = new FileSystemStorage({ root, baseUrl: '/media/' });
    const file = new StorageFile(withUrl, 'folder/a b.txt');
    expect(file.path).toBe(`${root}/folder/a b.txt`);
    expect(file.url).toBe('/media/folder/a%20b.txt');
    expect(new StorageFile(onDisk, 'a.txt').url).toBeUndefined();
    const inMemory = new StorageFile(new MemoryStorage(), 'a.txt');
    expect(inMemory.path).toBeUndefined();
    expect(inMemory.url).toBeUndefined();
  });

  it('holds its file open only where the storage can', async () => {
    expect(new StorageFile(new MemoryStorage(), 'a').hold).toBeUndefined();
    const open = await new StorageFile(onDisk, 'folder/a b.txt').hold!();
    expect(open.stat.size).toBe(10);
    expect(await textOf(open.read({ start: 1, end: 2 }))).toBe('12');
  });

  it.each([
    [undefined, '0123456789'],
    [{ start: 2, end: 5 }, '2345'],
    [{ start: 7 }, '789'],
    [{ end: 0 }, '0'],
  ])('reads the window %j', async (window, text) => {
    const inMemory = new MemoryStorage();
    await inMemory.save('folder/a b.txt', '0123456789');
    for (const storage of [onDisk, inMemory]) {
      const file = new StorageFile(storage, 'folder/a b.txt');
      expect(await textOf(await file.open(window))).toBe(text);
    }
  });

  it('is of its users, and not of the application', () => {
    expect(new StorageFile(onDisk, 'a.js').untrusted).toBe(true);
  });

  it('tells name, size and URL in JSON, and never where it lies', async () => {
    const { root } = onDisk;
    const withUrl = new FileSystemStorage({ root, baseUrl: '/media/' });
    const file = new StorageFile(withUrl, 'folder/a b.txt');
    await file.stat();
    const json = JSON.stringify({ files: [file] });
    expect(JSON.parse(json)).toEqual({
      files: [{ name: 'a b.txt', size: 10, url: '/media/folder/a%20b.txt' }],
    });
    expect(json).not.toContain(root);
    const plain = new StorageFile(onDisk, 'folder/a b.txt');
    expect(JSON.stringify(plain)).toBe('{"name":"a b.txt"}');
  });

  it('shows name, size and URL to what takes objects apart, and nothing else', async () => {
    const withUrl = new FileSystemStorage({
      root: onDisk.root,
      baseUrl: '/media/',
    });
    const file = new StorageFile(withUrl, 'folder/a b.txt');
    await file.stat();
    expect({ ...file }).toEqual({
      name: 'a b.txt',
      size: 10,
      url: '/media/folder/a%20b.txt',
    });
    class NamedFile extends StorageFile {
      override get name(): string {
        return `named ${super.name}`;
      }
    }
    expect({ ...new NamedFile(onDisk, 'a.txt') }).toMatchObject({
      name: 'named a.txt',
    });
    expect(inspect(file, { showHidden: true })).not.toContain(onDisk.root);
  });

  it('saves a new content under a new key beside the old one', async () => {
    const storage = new MemoryStorage();
    await storage.save('folder/a.txt', 'First');
    const file = new StorageFile(storage, 'folder/a.txt');
    await file.stat();
    await file.save('Second');
    expect(file.key).toMatch(/^folder\/a_.+\.txt$/);
    expect(file.name).toBe(file.key.slice('folder/'.length));
    expect(file.size).toBeUndefined();
    expect(await textOf(await file.open())).toBe('Second');
    await file.save('Third', '../../b.txt');
    expect(file.key).toBe('folder/b.txt');
    expect(await textOf(await storage.open('folder/a.txt'))).toBe('First');
  });

  it('stays what it was where a new content cannot be saved', async () => {
    const file = new StorageFile(onDisk, 'folder/a b.txt');
    // eslint-disable-next-line require-yield
    async function* broken(): AsyncGenerator<Buffer> {
      throw new Error('The client has left');
    }
    await expect(file.save(broken(), 'c.txt')).rejects.toThrow();
    expect(file.key).toBe('folder/a b.txt');
    expect(file.name).toBe('a b.txt');
  });

  it('is deleted from its storage, also twice', async () => {
    const storage = new MemoryStorage();
    const file = new StorageFile(storage, await storage.save('a.txt', 'a'));
    await file.delete();
    await file.delete();
    expect(await storage.exists('a.txt')).toBe(false);
  });
});
