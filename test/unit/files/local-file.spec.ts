import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { instanceToPlain } from 'class-transformer';
import {
  FileNotFoundError,
  InvalidOptionsError,
  LocalFile,
  SuspiciousPathError,
} from 'nestjs-downloadview';

import { textOf } from '../../support/clients/bytes-of.js';
import { openDescriptors } from '../../support/files/open-descriptors.js';
import { makeFifo, wakeFifo } from '../../support/files/special-files.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';

describe('LocalFile', () => {
  let directory: TemporaryDirectory;
  let root: string;

  beforeEach(async () => {
    directory = await temporaryDirectory();
    root = join(directory.path, 'root');
    await directory.write('root/folder/a b.txt', '0123456789');
    await directory.write('root-private/secret.txt', 'secret');
  });

  afterEach(() => directory.remove());

  it('opens nothing before it is asked', async () => {
    const path = join(root, 'folder/a b.txt');
    const file = new LocalFile(path);
    expect(await openDescriptors(path)).toBe(0);
    await file.stat();
    expect(await openDescriptors(path)).toBe(0);
    const stream = await file.open();
    expect(await openDescriptors(path)).toBe(1);
    await textOf(stream);
    expect(await openDescriptors(path)).toBe(0);
  });

  it('does not mind that its file is not there yet', async () => {
    const file = new LocalFile(join(root, 'later.txt'));
    await expect(file.stat()).rejects.toBeInstanceOf(FileNotFoundError);
    await directory.write('root/later.txt', 'later');
    expect((await file.stat()).size).toBe(5);
  });

  it('is called by the last segment of its path, or as it is told', () => {
    const path = join(root, 'folder/a b.txt');
    expect(new LocalFile(path).name).toBe('a b.txt');
    expect(new LocalFile('folder/a b.txt', { root }).name).toBe('a b.txt');
    expect(new LocalFile(path, { name: 'c.txt' }).name).toBe('c.txt');
  });

  it.each([
    '/srv/x/../y/a.txt',
    '/srv/x/./a.txt',
    '/srv//a.txt',
    '/../etc/passwd',
    '/srv/x/..',
  ])('refuses %s without a root: it is not its own normal form', (path) => {
    expect(() => new LocalFile(path)).toThrow(SuspiciousPathError);
    expect(() => new LocalFile(path)).toThrow(/normal form/);
  });

  it.each(['/srv/..a/b...txt', '/a', '/srv/...'])(
    'takes %s, which is one',
    (path) => {
      expect(new LocalFile(path).path).toBe(path);
    },
  );

  it('has its absolute path, however it was given', () => {
    const path = join(root, 'folder/a b.txt');
    expect(new LocalFile(path).path).toBe(path);
    expect(new LocalFile(path, { root }).path).toBe(path);
    expect(new LocalFile('folder/a b.txt', { root }).path).toBe(path);
    expect(new LocalFile('folder/a b.txt', { root: `${root}/` }).path).toBe(
      path,
    );
  });

  it('lies below a root that is a file: URL', async () => {
    for (const url of [pathToFileURL(root), pathToFileURL(`${root}/`)]) {
      const file = new LocalFile('folder/a b.txt', { root: url });
      expect(file.path).toBe(join(root, 'folder/a b.txt'));
      expect((await file.stat()).size).toBe(10);
      const outside = '../root-private/secret.txt';
      expect(() => new LocalFile(outside, { root: url })).toThrow(
        SuspiciousPathError,
      );
    }
    expect(
      () => new LocalFile('a', { root: new URL('https://a.example/') }),
    ).toThrow('"LocalFile.root"');
  });

  it('tells size and time of the file', async () => {
    const { size, lastModified } = await new LocalFile(
      join(root, 'folder/a b.txt'),
    ).stat();
    expect(size).toBe(10);
    expect(Date.now() - lastModified!.getTime()).toBeLessThan(60_000);
  });

  it.each([
    ['the whole', undefined, '0123456789'],
    ['one byte', { start: 3, end: 3 }, '3'],
    ['the middle', { start: 2, end: 5 }, '2345'],
    ['the rest', { start: 7 }, '789'],
    ['more than there is', { start: 8, end: 99 }, '89'],
    ['nothing behind the end', { start: 10 }, ''],
  ])('reads %s', async (_, window, text) => {
    const file = new LocalFile('folder/a b.txt', { root });
    expect(await textOf(await file.open(window))).toBe(text);
    expect(await openDescriptors(file.path)).toBe(0);
  });

  it('reads an empty file, and lets go of it', async () => {
    const path = await directory.write('root/empty', '');
    expect(await textOf(await new LocalFile(path).open())).toBe('');
    expect(await openDescriptors(path)).toBe(0);
  });

  it('reads the file that it described, when its name goes away meanwhile', async () => {
    const path = join(root, 'folder/a b.txt');
    const open = await new LocalFile(path).hold?.();
    await rm(path);
    await directory.write('root/folder/a b.txt', 'another');
    expect(open?.stat.size).toBe(10);
    expect(await textOf(open!.read())).toBe('0123456789');
  });

  it.each<[string, unknown]>([
    ['a relative path without a root', 'folder/a b.txt'],
    ['an empty path', ''],
    ['no path', undefined],
    ['a URL', new URL('file:///etc/passwd')],
  ])('refuses %s', (_, path) => {
    const create = () => new LocalFile(path as string);
    expect(create).toThrow(InvalidOptionsError);
    expect(create).toThrow('"LocalFile.path"');
    expect(create).toThrow('Give an absolute path, or a relative one');
  });

  it.each(['media', '', './media'])('refuses the relative root %j', (wrong) => {
    const create = () => new LocalFile('a.txt', { root: wrong });
    expect(create).toThrow(InvalidOptionsError);
    expect(create).toThrow('"LocalFile.root"');
  });

  it.each([
    ...['', '.', '..', '../root-private/secret.txt', 'folder/../a', 'a//b'],
    ...['folder/', './a', '/etc/passwd', '/', 'a\0b', '.hidden', 'a/.git/b'],
  ])('refuses %j below a root', (path) => {
    expect(() => new LocalFile(path, { root })).toThrow(SuspiciousPathError);
  });

  it.each([
    ...['', '/..', '-private/secret.txt', '/../root-private/secret.txt'],
    ...['/../root/a.txt', '/./a.txt', '//a.txt'],
  ])('refuses the root’s absolute path with %j behind it', (tail) => {
    expect(() => new LocalFile(`${root}${tail}`, { root })).toThrow(
      SuspiciousPathError,
    );
  });

  it('refuses a NUL without a root too', () => {
    expect(() => new LocalFile('/etc/passwd\0.png')).toThrow(
      SuspiciousPathError,
    );
  });

  it('hands out hidden files with dotfiles, and without a root', async () => {
    const path = await directory.write('root/.hidden', 'hidden');
    const open = new LocalFile('.hidden', { root, dotfiles: true });
    expect((await open.stat()).size).toBe(6);
    expect((await new LocalFile(path).stat()).size).toBe(6);
  });

  it('follows no symlink out of its root, and says so', async () => {
    await symlink('../root-private', join(root, 'near'));
    await symlink('../root-private/secret.txt', join(root, 'link.txt'));
    for (const path of ['near/secret.txt', 'link.txt']) {
      const file = new LocalFile(path, { root });
      await expect(file.stat()).rejects.toBeInstanceOf(SuspiciousPathError);
      await expect(file.open()).rejects.toThrow('leaves its root by a link');
      // Without a root nobody said where it has to lie.
      expect((await new LocalFile(file.path).stat()).size).toBe(6);
    }
  });

  it('takes the filesystem’s root for a root', async () => {
    const path = join(root, 'folder/a b.txt');
    expect((await new LocalFile(path, { root: '/' }).stat()).size).toBe(10);
  });

  it('is no directory, FIFO or device', async () => {
    await mkdir(join(root, 'directory'));
    makeFifo(join(root, 'pipe'));
    try {
      for (const path of [
        join(root, 'directory'),
        join(root, 'pipe'),
        '/dev/zero',
      ]) {
        const file = new LocalFile(path);
        await expect(file.stat()).rejects.toThrow('is not a regular file');
        await expect(file.open()).rejects.toBeInstanceOf(FileNotFoundError);
      }
    } finally {
      wakeFifo(join(root, 'pipe'));
    }
  });

  it('is serialised by its name alone', () => {
    const file = new LocalFile(join(root, 'folder/a b.txt'));
    expect(JSON.parse(JSON.stringify({ file }))).toEqual({
      file: { name: file.name },
    });
    expect(JSON.stringify(instanceToPlain({ file }))).not.toContain('/');
  });
});
