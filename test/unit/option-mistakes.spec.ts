import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UseGuards } from '@nestjs/common';
import {
  ContentFile,
  Download,
  DownloadModule,
  DownloadResponse,
  FileSystemStorage,
  HttpFile,
  LocalFile,
  MemoryStorage,
  nginx,
  PathDownloadController,
  sendfile,
  StorageFile,
  TemporaryFile,
  VirtualFile,
} from 'nestjs-downloadview';

import { toDownloadResponse } from '../../lib/responses/to-download-response.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

describe('options that are mistaken', () => {
  let directory: TemporaryDirectory;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await directory.write('.hidden', 'x');
  });

  afterAll(() => directory.remove());

  it('refuse a root that is given and is nothing', () => {
    const root = process.env.NO_SUCH_VARIABLE;
    expect(() => sendfile('/etc/hostname', { root })).toThrow('LocalFile.root');
    expect(() => new LocalFile('/etc/hostname', { root })).toThrow(
      'LocalFile.root',
    );
  });

  it.each([
    ['roots', { roots: '/srv' }],
    ['attachement', { attachement: false }],
    ['attachment', { attachment: 'x' }],
  ])('refuse sendfile() with %s', (name, options) => {
    expect(() => sendfile('/etc/hostname', options as object)).toThrow(
      `sendfile().${name}`,
    );
  });

  it('hand out hidden files for true alone', async () => {
    const options = { root: directory.path, dotfiles: 'false' as never };
    expect(() => new LocalFile('.hidden', options)).toThrow();
    const storage = new FileSystemStorage({
      root: directory.path,
      dotfiles: 'false' as never,
    });
    await expect(storage.stat('.hidden')).rejects.toThrow();
  });

  const memory = new MemoryStorage();

  it.each<[option: string, make: (options: never) => unknown, options: object]>(
    [
      [
        'LocalFile.Root',
        (options) => new LocalFile('/a', options),
        { Root: '/srv' },
      ],
      [
        'HttpFile.maxsize',
        (options) => new HttpFile('https://a.example/b', options),
        { allowedHosts: ['a.example'], maxsize: 1 },
      ],
      [
        'FileSystemStorage.baseURL',
        (options) => new FileSystemStorage(options),
        { root: '/srv', baseURL: '/media/' },
      ],
      [
        'ContentFile.Name',
        (options) => new ContentFile('a', options),
        { name: 'a', Name: 'b' },
      ],
      [
        'VirtualFile.lastmodified',
        (options) => new VirtualFile(['a'], options),
        { name: 'a', lastmodified: new Date() },
      ],
      [
        'TemporaryFile.keepfor',
        (options) => new TemporaryFile('/a', options),
        { keepfor: 1 },
      ],
      [
        'StorageFile.filename',
        (options) => new StorageFile(memory, 'a', options),
        { filename: 'b' },
      ],
      [
        'DownloadResponse.filename',
        (options) => new DownloadResponse(new LocalFile('/a'), options),
        { filename: 'b' },
      ],
      [
        'sendfile().Root',
        (options) => sendfile('/a.txt', options),
        { Root: '/tmp' },
      ],
      [
        'sendfile().backend',
        (options) => sendfile('/a.txt', options),
        { backend: memory },
      ],
      [
        'PathDownloadController.paht',
        (options) => PathDownloadController.asController('a', options),
        { root: '/srv', paht: 'a.txt' },
      ],
    ],
  )('refuse %s, which is unknown', (option, make, options) => {
    expect(() => make(options as never)).toThrow(`"${option}"`);
  });

  it('name what sendfile() knows', () => {
    const options = { Root: '/tmp' } as object;
    expect(() => sendfile('a.txt', options)).toThrow(
      /Known are root, dotfiles, attachment, (?!.*backend)/,
    );
  });

  it.each<[option: string, make: () => unknown]>([
    ['LocalFile', () => new LocalFile('/a', null as never)],
    ['FileSystemStorage', () => new FileSystemStorage(undefined as never)],
    ['StorageFile', () => new StorageFile(memory, 'a', null as never)],
    ['StorageFile.storage', () => new StorageFile(undefined as never, 'x')],
    [
      'DownloadResponse',
      () => new DownloadResponse(new LocalFile('/a'), null as never),
    ],
    ['sendfile()', () => sendfile('/a', null as never)],
    ['TemporaryFile', () => new TemporaryFile('/a', null as never)],
    ['DownloadModule.forRoot()', () => DownloadModule.forRoot(null as never)],
    [
      'DownloadModule.forRootAsync()',
      () => DownloadModule.forRootAsync(null as never),
    ],
    [
      'PathDownloadController',
      () => PathDownloadController.asController('a', null as never),
    ],
  ])('refuse nothing in place of %s', (option, make) => {
    expect(make).toThrow(`"${option}"`);
  });

  it('say what to wrap an array in', () => {
    expect(() => toDownloadResponse(['one'], {})).toThrow(
      /no array: wrap it in a VirtualFile .* or a CsvFile/,
    );
  });

  it('refuse nothing in place of a key', async () => {
    const refused = 'was given in place of a path or key';
    const key = undefined as never;
    expect(() => new StorageFile(memory, key)).toThrow(refused);
    for (const storage of [
      memory,
      new FileSystemStorage({ root: directory.path, baseUrl: '/a/' }),
    ]) {
      await expect(storage.save(key, 'a')).rejects.toThrow(refused);
      await expect(storage.delete(key)).rejects.toThrow(refused);
      await expect(storage.stat(key)).rejects.toThrow(refused);
      await expect(storage.open(key)).rejects.toThrow(refused);
      await expect(storage.exists(key)).rejects.toThrow(refused);
    }
  });

  it.each([
    ['cacheControl', { cacheControl: 'a\nb' }],
    ['encoding', { encoding: 'gzip\n' }],
  ])('refuse a %s that fits in no header', (name, options) => {
    expect(() => Download(options)).toThrow(`@Download().${name}`);
  });

  it('refuse decorators that are no list', () => {
    class Guard {
      canActivate = () => true;
    }
    const decorators = UseGuards(Guard) as never;
    expect(() =>
      PathDownloadController.asController('a', { decorators }),
    ).toThrow('PathDownloadController.decorators');
  });

  it('show no credentials of an address', () => {
    const rule = {
      sourceUrl: 'http://me:pa55@host/?a',
      destination: '/_media/',
      destinationDir: '/mnt/',
    };
    expect(() => nginx({ rules: [rule] })).toThrow('//[hidden]@host');
  });

  it('show no value of a header', () => {
    const headers = { 'X-Api-Key': 'k3y☃' };
    const file = new LocalFile('/etc/hostname');
    expect(() => new DownloadResponse(file, { headers })).toThrow(
      "headers['X-Api-Key']",
    );
    expect(() => new DownloadResponse(file, { headers })).not.toThrow('k3y');
  });
});
