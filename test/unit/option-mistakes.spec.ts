import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UseGuards } from '@nestjs/common';
import {
  Download,
  DownloadResponse,
  FileSystemStorage,
  LocalFile,
  nginx,
  PathDownloadController,
  sendfile,
} from 'nestjs-downloadview';

import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/temporary-directory.js';

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
