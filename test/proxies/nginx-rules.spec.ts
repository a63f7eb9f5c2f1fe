import { symlink } from 'node:fs/promises';

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  FileSystemStorage,
  nginx,
  PathDownloadController,
  StorageDownloadController,
} from 'nestjs-downloadview';

import {
  type Site,
  startBehindNginx,
} from '../support/servers/behind-nginx.js';
import { describeWith } from '../support/describe-with.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

describeWith(['nginx'], 'the destinations of rules behind nginx', () => {
  let directory: TemporaryDirectory;
  let site: Site;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const { path: base } = directory;
    await directory.write('moved/a.txt', 'as the application sees it');
    await directory.write('mounted/a.txt', 'as nginx sees it');
    await directory.write('keys/sub/a b.txt', 'as the application sees it');
    await directory.write('served/sub/a b.txt', 'as nginx sees it');
    await directory.write('real/a.txt', 'behind a link');
    await symlink('real', `${base}/linked`);
    await directory.write('one/two/a.txt', 'below');

    class FileController extends PathDownloadController {
      override root = base;
    }
    class LinkedController extends PathDownloadController {
      override root = `${base}/linked`;
    }
    class KeyController extends StorageDownloadController {}

    site = await startBehindNginx('express', {
      backend: nginx({
        rules: [
          {
            sourceDir: `${base}/moved`,
            destination: '/_moved/',
            destinationDir: `${base}/mounted`,
          },
          {
            sourceUrl: '/media/',
            destination: '/_media/deep.er/~x/',
            destinationDir: `${base}/served`,
          },
          { sourceDir: `${base}/linked`, destination: '/_linked/' },
          { sourceDir: `${base}/one`, destination: '/_one/' },
        ],
      }),
      options: {
        storages: {
          default: new FileSystemStorage({
            root: `${base}/keys`,
            baseUrl: '/media/',
          }),
        },
      },
      controllers: [
        FileController.asController('files/*path'),
        LinkedController.asController('linked/*path'),
        KeyController.asController('keys/*path'),
      ],
    });
  });

  afterAll(async () => {
    await site.stop();
    await directory.remove();
  });

  it.each([
    ['/files/moved/a.txt', 'as nginx sees it'],
    ['/keys/sub/a%20b.txt', 'as nginx sees it'],
    ['/linked/a.txt', 'behind a link'],
    ['/files/one/two/a.txt', 'below'],
  ])('sends %s %s', async (path, text) => {
    expect(await site.through(path)).toMatchObject({ status: 200, text });
  });

  it.each([
    ['/files/moved/a.txt', '/_moved/a.txt'],
    ['/keys/sub/a%20b.txt', '/_media/deep.er/~x/sub/a%20b.txt'],
    ['/linked/a.txt', '/_linked/a.txt'],
    ['/files/one/two/a.txt', '/_one/two/a.txt'],
  ])('tells nginx of %s as %s', async (path, location) => {
    const { headers } = await site.direct(path);

    expect(headers['x-accel-redirect']).toBe(location);
  });
});
