import { mkdir, readdir, readFile, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  DownloadError,
  FileNotFoundError,
  FileSystemStorage,
  InvalidOptionsError,
  SerializedFileError,
  StorageUnavailableError,
  SuspiciousPathError,
} from 'nestjs-downloadview';

import { textOf } from '../../support/clients/bytes-of.js';
import { openDescriptors } from '../../support/files/open-descriptors.js';
import { makeFifo, wakeFifo } from '../../support/files/special-files.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';

describe('FileSystemStorage', () => {
  let directory: TemporaryDirectory;
  let root: string;
  let storage: FileSystemStorage;

  beforeEach(async () => {
    directory = await temporaryDirectory();
    root = join(directory.path, 'root');
    await mkdir(root);
    storage = new FileSystemStorage({ root });
  });

  afterEach(() => directory.remove());

  async function namesIn(path: string): Promise<string[]> {
    return (await readdir(path, { recursive: true })).sort();
  }

  describe('its root', () => {
    it.each<[string, unknown]>([
      ['a relative path', 'media'],
      ['an empty one', ''],
      ['nothing', undefined],
      ['a URL of another scheme', new URL('https://a.example/srv/media')],
    ])('is refused where it is %s', (_, wrong) => {
      const create = () => new FileSystemStorage({ root: wrong as string });
      expect(create).toThrow(InvalidOptionsError);
      expect(create).toThrow('"FileSystemStorage.root"');
      expect(create).toThrow('Give the absolute path of a directory.');
    });

    it('is known without its last slash', () => {
      expect(new FileSystemStorage({ root: `${root}/` }).root).toBe(root);
    });

    it('never goes to a client', () => {
      const answer = (): string => JSON.stringify({ storage });
      expect(answer).toThrow(SerializedFileError);
    });

    it('is made when the first file is saved', async () => {
      const late = new FileSystemStorage({ root: join(root, 'not/yet') });
      expect(await late.exists('a.txt')).toBe(false);
      await late.delete('a.txt');
      expect(await late.save('a.txt', 'a')).toBe('a.txt');
      expect(await namesIn(root)).toEqual(['not', 'not/yet', 'not/yet/a.txt']);
    });

    it('may be a symlink', async () => {
      const link = join(directory.path, 'link');
      await symlink(root, link);
      const linked = new FileSystemStorage({ root: link });
      await linked.save('a.txt', 'a');
      expect(await textOf(await linked.open('a.txt'))).toBe('a');
      expect(await storage.exists('a.txt')).toBe(true);
    });
  });

  describe('save()', () => {
    it('leaves nothing but the file', async () => {
      await storage.save('a.txt', 'a');
      await storage.save('a.txt', Buffer.from('b'));
      await storage.save(
        'folder/deeper/b.txt',
        Readable.from([Buffer.from('c')]),
      );
      const names = await namesIn(root);
      expect(names).toHaveLength(5);
      expect(names.join('\n')).not.toContain('.tmp');
    });

    it('leaves nothing of a second file where the first is to be kept', async () => {
      const save = (text: string) =>
        storage.save('a.txt', text, { ifTaken: 'keep' });
      await Promise.all([save('a'), save('b'), save('c')]);
      expect(await namesIn(root)).toEqual(['a.txt']);
    });

    it('leaves nothing at all when the content fails', async () => {
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('half');
        throw new Error('The upload broke off');
      }
      const call = storage.save('a.txt', failing());
      await expect(call).rejects.toThrow(Error);
      expect(await namesIn(root)).toEqual([]);
    });

    it('shows nobody a file that is half written', async () => {
      let names: string[] = [];
      async function* pieces(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('first ');
        names = await namesIn(root);
        yield Buffer.from('second');
      }
      await storage.save('a.txt', pieces());
      expect(names).not.toContain('a.txt');
      expect(await readFile(join(root, 'a.txt'), 'utf8')).toBe('first second');
    });

    it('loses none of twenty files that are saved under one key at once', async () => {
      const texts = Array.from({ length: 20 }, (_, number) => `text ${number}`);
      const keys = await Promise.all(
        texts.map((text) => storage.save('folder/a.txt', text)),
      );
      expect(new Set(keys).size).toBe(20);
      expect(keys).toContain('folder/a.txt');
      for (const key of keys) expect(key).toMatch(/^folder\/a(_[\w-]+)?\.txt$/);
      const found = await Promise.all(
        keys.map(async (key) => textOf(await storage.open(key))),
      );
      expect(found).toEqual(texts);
      expect(await readdir(join(root, 'folder'))).toHaveLength(20);
    });

    it.each([
      ['archive.tar.gz', /^archive\.tar_[\w-]+\.gz$/],
      ['no-extension', /^no-extension_[\w-]+$/],
      ['a.b/no-extension', /^a\.b\/no-extension_[\w-]+$/],
    ])('puts the suffix of %s before its extension', async (key, pattern) => {
      await storage.save(key, '1');
      expect(await storage.save(key, '2')).toMatch(pattern);
    });

    it.each([
      ['ASCII', 'n'.repeat(251) + '.txt'],
      ['two bytes a character', '\u00e9'.repeat(125) + 'n.txt'],
      ['an extension', 'a.' + 'x'.repeat(253)],
      ['no extension', 'n'.repeat(255)],
    ])(
      'finds another key for a taken name of 255 bytes: %s',
      async (_, key) => {
        const first = await storage.save(key, 'first');
        const second = await storage.save(key, 'second');
        expect(first).toBe(key);
        expect(Buffer.byteLength(second)).toBeLessThanOrEqual(255);
        expect(await textOf(await storage.open(first))).toBe('first');
        expect(await textOf(await storage.open(second))).toBe('second');
      },
    );

    it('finds another key where a directory has the name', async () => {
      await storage.save('name/a.txt', 'a');
      expect(await storage.save('name', 'b')).toMatch(/^name_/);
    });

    it('says StorageUnavailableError where a file stands in the way', async () => {
      await storage.save('a.txt', 'a');
      const call = storage.save('a.txt/b.txt', 'b');
      await expect(call).rejects.toBeInstanceOf(StorageUnavailableError);
    });

    it.each(['.hidden', 'folder/.hidden', '.git/config'])(
      'refuses the hidden key %s, and takes it with dotfiles',
      async (key) => {
        await expect(storage.save(key, 'a')).rejects.toBeInstanceOf(
          SuspiciousPathError,
        );
        expect(await namesIn(root)).toEqual([]);
        const open = new FileSystemStorage({ root, dotfiles: true });
        expect(await open.save(key, 'a')).toBe(key);
      },
    );
  });

  describe('a symlink to what is hidden inside', () => {
    beforeEach(async () => {
      await directory.write('root/.d/a.txt', 'hidden');
      await directory.write('root/.env', 'hidden');
      await symlink('.d', join(root, 'link'));
      await symlink('.env', join(root, 'link.txt'));
    });

    it.each(['link/a.txt', 'link.txt'])('gives no file by %s', async (key) => {
      for (const call of [storage.stat(key), storage.open(key)]) {
        await expect(call).rejects.toBeInstanceOf(SuspiciousPathError);
      }
      expect(await storage.exists(key)).toBe(false);
      const open = new FileSystemStorage({ root, dotfiles: true });
      expect(await open.exists(key)).toBe(true);
    });

    it('takes and loses no file', async () => {
      for (const call of [
        storage.save('link/new.txt', 'a'),
        storage.delete('link/a.txt'),
      ]) {
        await expect(call).rejects.toBeInstanceOf(SuspiciousPathError);
      }
      expect(await namesIn(join(root, '.d'))).toEqual(['a.txt']);
      const open = new FileSystemStorage({ root, dotfiles: true });
      await open.delete('link/a.txt');
      expect(await namesIn(join(root, '.d'))).toEqual([]);
    });
  });

  describe('a symlink to a directory outside', () => {
    let outside: string;

    beforeEach(async () => {
      outside = join(directory.path, 'outside');
      await mkdir(outside);
      await directory.write('outside/secret.txt', 'secret');
      await symlink(outside, join(root, 'link'));
    });

    it.each(['link/a.txt', 'link/new/a.txt', 'link/new/er/a.txt'])(
      'takes no file by %s, and gets no directory',
      async (key) => {
        await expect(storage.save(key, 'a')).rejects.toBeInstanceOf(
          SuspiciousPathError,
        );
        expect(await namesIn(outside)).toEqual(['secret.txt']);
      },
    );

    it('gives no file away', async () => {
      for (const call of [
        storage.stat('link/secret.txt'),
        storage.open('link/secret.txt'),
      ]) {
        await expect(call).rejects.toBeInstanceOf(SuspiciousPathError);
      }
      expect(await storage.exists('link/secret.txt')).toBe(false);
    });

    it('loses no file', async () => {
      await expect(storage.delete('link/secret.txt')).rejects.toBeInstanceOf(
        SuspiciousPathError,
      );
      expect(await namesIn(outside)).toEqual(['secret.txt']);
    });

    it('can itself be deleted, and what it points to stays', async () => {
      await storage.delete('link');
      expect(await namesIn(root)).toEqual([]);
      expect(await namesIn(outside)).toEqual(['secret.txt']);
    });

    it('gets no directory by a link to what does not exist yet', async () => {
      await symlink('../later', join(root, 'dangling'));
      for (const key of ['dangling/a.txt', 'dangling/new/a.txt']) {
        await expect(storage.save(key, 'a')).rejects.toBeInstanceOf(
          DownloadError,
        );
      }
      expect(await readdir(directory.path)).not.toContain('later');
    });

    it('may not be taken for its root by a name that begins alike', async () => {
      await directory.write('root-private/secret.txt', 'secret');
      await symlink('../root-private', join(root, 'near'));
      await expect(storage.open('near/secret.txt')).rejects.toBeInstanceOf(
        SuspiciousPathError,
      );
    });
  });

  describe('delete()', () => {
    it('minds neither a missing file nor a missing directory', async () => {
      await storage.delete('missing.txt');
      await storage.delete('missing/a.txt');
      await storage.delete('n'.repeat(300));
    });

    it('says so when the file cannot be removed', async () => {
      // Of what the kernel shows there, not even root can remove anything.
      const kernel = new FileSystemStorage({ root: '/proc/self' });
      const call = kernel.delete('status');
      await expect(call).rejects.toBeInstanceOf(StorageUnavailableError);
      await expect(call).rejects.toThrow("'status' could not be deleted");
    });

    it('leaves a directory alone', async () => {
      await storage.save('folder/a.txt', 'a');
      await storage.delete('folder');
      expect(await namesIn(root)).toEqual(['folder', 'folder/a.txt']);
    });

    it('takes what looks like a pattern literally', async () => {
      await storage.save('a.txt', 'a');
      await storage.save('*', 'star');
      await storage.save('[a].txt', 'brackets');
      await storage.delete('*');
      await storage.delete('{a,b}.txt');
      await storage.delete('[a].txt');
      expect(await namesIn(root)).toEqual(['a.txt']);
    });
  });

  describe('stat()', () => {
    it('tells size and time', async () => {
      await storage.save('a.txt', '日本');
      const time = new Date('2026-01-02T03:04:05.000Z');
      await utimes(join(root, 'a.txt'), time, time);
      const { size, lastModified } = await storage.stat('a.txt');
      expect(size).toBe(6);
      expect(lastModified).toEqual(time);
    });

    it.each([
      ['a directory', 'folder'],
      ['a FIFO', 'pipe'],
      ['a device', 'device'],
      ['a symlink to nothing', 'dangling'],
      ['a symlink to itself', 'loop'],
      ['a name of 300 bytes', 'n'.repeat(300)],
    ])('says of %s that there is no file', async (_, key) => {
      await mkdir(join(root, 'folder'));
      makeFifo(join(root, 'pipe'));
      await symlink('/dev/null', join(root, 'device'));
      await symlink('nothing', join(root, 'dangling'));
      await symlink('loop', join(root, 'loop'));
      try {
        await expect(storage.stat(key)).rejects.toBeInstanceOf(
          FileNotFoundError,
        );
        expect(await storage.exists(key)).toBe(false);
      } finally {
        wakeFifo(join(root, 'pipe'));
      }
    });
  });

  describe('open()', () => {
    it.each([
      ['the whole', {}, '0123456789'],
      ['the first byte', { start: 0, end: 0 }, '0'],
      ['the middle', { start: 2, end: 5 }, '2345'],
      ['the rest', { start: 7 }, '789'],
      ['up to a byte', { end: 2 }, '012'],
      ['more than there is', { start: 8, end: 99 }, '89'],
      ['nothing behind the end', { start: 10 }, ''],
    ])('reads %s', async (_, window, text) => {
      await storage.save('a.txt', '0123456789');
      expect(await textOf(await storage.open('a.txt', window))).toBe(text);
      expect(await openDescriptors(join(root, 'a.txt'))).toBe(0);
    });

    it('opens what it is asked for, and lets go of it', async () => {
      await storage.save('a.txt', 'a');
      await storage.stat('a.txt');
      await storage.exists('a.txt');
      expect(await openDescriptors(join(root, 'a.txt'))).toBe(0);
      const stream = await storage.open('a.txt');
      expect(await openDescriptors(join(root, 'a.txt'))).toBe(1);
      await textOf(stream);
      expect(await openDescriptors(join(root, 'a.txt'))).toBe(0);
    });

    it('lets go of a file that it refuses', async () => {
      await directory.write('outside.txt', 'secret');
      await symlink('../outside.txt', join(root, 'link'));
      await expect(storage.open('link')).rejects.toThrow('by a link');
      const target = join(directory.path, 'outside.txt');
      expect(await openDescriptors(target)).toBe(0);
    });
  });

  describe('path()', () => {
    it('is absolute and below the root', () => {
      expect(storage.path('folder/a b.txt')).toBe(join(root, 'folder/a b.txt'));
    });

    it.each(['', '/etc/passwd', '..', 'a/../b', 'a//b', 'a/', './a', 'a\0b'])(
      'refuses %j',
      (key) => {
        expect(() => storage.path(key)).toThrow(SuspiciousPathError);
      },
    );

    it('refuses the root’s own absolute path, which is no key', () => {
      expect(() => storage.path(join(root, 'a.txt'))).toThrow(
        SuspiciousPathError,
      );
    });

    it('refuses half a character, which no name can hold', () => {
      expect(() => storage.path('a\ud800b')).toThrow(SuspiciousPathError);
    });
  });

  describe('url()', () => {
    it('is not there without a base', () => {
      expect(storage.url).toBeUndefined();
    });

    it.each([
      ['/media/', 'a.txt', '/media/a.txt'],
      ['/media', 'a.txt', '/media/a.txt'],
      ['', 'a.txt', '/a.txt'],
      ['https://cdn.example/x/', 'a/b.txt', 'https://cdn.example/x/a/b.txt'],
      ['/m/', 'a b/é?#%2F&+.txt', '/m/a%20b/%C3%A9%3F%23%252F%26%2B.txt'],
      ['/m/', 'a\\b', '/m/a%5Cb'],
    ])('before %j and %j is %j', (baseUrl, key, url) => {
      expect(new FileSystemStorage({ root, baseUrl }).url!(key)).toBe(url);
    });

    it.each(['', '../a', '/a', 'a//b', 'a/', '\ud800'])('refuses %j', (key) => {
      const { url } = new FileSystemStorage({ root, baseUrl: '/media/' });
      expect(() => url!(key)).toThrow(SuspiciousPathError);
    });
  });
});
