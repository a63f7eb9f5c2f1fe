import { chmod, symlink, writeFile } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import {
  FileSystemStorage,
  nginx,
  PathDownloadController,
  StorageDownloadController,
} from 'nestjs-downloadview';

import { ADAPTERS } from '../support/application.js';
import { type Site, startBehindNginx } from '../support/behind-nginx.js';
import { describeWith } from '../support/describe-with.js';
import { type HttpAnswer } from '../support/http-client.js';
import { makeFifo } from '../support/special-files.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/temporary-directory.js';

const ROUTES = ['files', 'keys', 'urls'];
const SECRET = 'nobody may have this';

/** A directory full of temptations. */
async function plant(
  directory: TemporaryDirectory,
  name: string,
): Promise<void> {
  const root = `${directory.path}/${name}`;
  await directory.write(`${name}/folder/a.txt`, 'Hello\n');
  await directory.write(`${name}/.hidden`, SECRET);
  await directory.write(`${name}/..hidden`, SECRET);
  await directory.write(`${name}/.git/config`, SECRET);
  await chmod(await directory.write(`${name}/closed`, SECRET), 0);
  await symlink(`${directory.path}/secret.txt`, `${root}/out`);
  await symlink('../secret.txt', `${root}/out-relative`);
  await symlink('..', `${root}/up`);
  await symlink('folder/a.txt', `${root}/link`);
  await symlink('folder', `${root}/linked-folder`);
  await symlink('folder/a.txt', `${root}/a.txt`);
  await symlink('nowhere', `${root}/broken`);
  await symlink('loop', `${root}/loop`);
  makeFifo(`${root}/fifo`);
  const latin1 = Buffer.from(`${root}/caf\u00E9.txt`, 'latin1');
  await writeFile(latin1, 'Hello\n');
  await symlink(latin1, `${root}/link-to-latin1`);
}

describeWith(['nginx'], 'which files go out behind nginx', () => {
  describe.each(ADAPTERS)('on %s', (adapter) => {
    let directory: TemporaryDirectory;
    let site: Site;

    beforeAll(async () => {
      directory = await temporaryDirectory();
      const { path: base } = directory;
      const root = `${base}/media`;
      await directory.write('secret.txt', SECRET);
      await directory.write('media-private/secret.txt', SECRET);
      await plant(directory, 'media');
      await plant(directory, 'urls');

      @Controller('files/*path')
      class FileController extends PathDownloadController {
        override root = root;
      }

      @Controller('keys/*path')
      class KeyController extends StorageDownloadController {}

      @Controller('urls/*path')
      class UrlController extends StorageDownloadController {
        override storage = 'urls';
      }

      @Controller('all/*path')
      class AllController extends PathDownloadController {
        override root = base;
      }

      @Controller('dotfiles/*path')
      class DotfileController extends PathDownloadController {
        override root = root;
        override dotfiles = true;
      }

      site = await startBehindNginx(adapter, {
        backend: nginx({
          rules: [
            { sourceDir: root, destination: '/_offload/' },
            {
              sourceUrl: '/urls/',
              destination: '/_urls/',
              destinationDir: `${base}/urls`,
            },
          ],
        }),
        options: {
          storages: {
            default: new FileSystemStorage({ root }),
            urls: new FileSystemStorage({
              root: `${base}/urls`,
              baseUrl: '/urls/',
            }),
          },
        },
        controllers: [
          FileController,
          KeyController,
          UrlController,
          AllController,
          DotfileController,
        ],
      });
    });

    afterAll(async () => {
      await site.stop();
      await directory.remove();
    });

    function expectNothingOf(answer: HttpAnswer): void {
      const all = [...answer.rawHeaders, answer.text].join('\n');
      expect(all).not.toContain(SECRET);
      expect(all).not.toContain(directory.path);
      expect(all).not.toContain('_offload');
    }

    it.each(
      ROUTES.flatMap((route) =>
        [
          'missing',
          'folder',
          'folder/',
          'folder/a.txt/',
          'folder/a.txt/b',
          'fifo',
          'closed',
          'out',
          'out-relative',
          'up/secret.txt',
          'up/media-private/secret.txt',
          'broken',
          'loop',
          '.hidden',
          '..hidden',
          '.git/config',
          '',
          '../secret.txt',
          '%2e%2e/secret.txt',
          '%2E%2E/secret.txt',
          '.%2e/secret.txt',
          '%2e%2e%2fsecret.txt',
          '..%2fsecret.txt',
          '..%5csecret.txt',
          '%252e%252e%252fsecret.txt',
          '....//secret.txt',
          '..;/secret.txt',
          'folder/../../secret.txt',
          'folder/%2e%2e/%2e%2e/secret.txt',
          'folder//a.txt',
          'folder/./a.txt',
          'folder%2fa.txt',
          '../media-private/secret.txt',
          '%2e%2e/media-private/secret.txt',
        ].map((path) => `/${route}/${path}`),
      ),
    )('answers %s with 404 and tells no path', async (path) => {
      const answer = await site.through(path);

      expect(answer.status).toBe(404);
      expectNothingOf(answer);
    });

    it.each(
      ROUTES.flatMap((route) =>
        ['a%00.txt', '%c0%ae%c0%ae/secret.txt', '%ff', '%zz', '%'].map(
          (path) => `/${route}/${path}`,
        ),
      ),
    )('refuses %s, which is no path', async (path) => {
      const answer = await site.through(path);

      expect([400, 404]).toContain(answer.status);
      expectNothingOf(answer);
    });

    it.each(
      ROUTES.flatMap((route) =>
        [
          'folder/a.txt',
          'link',
          'linked-folder/a.txt',
          'a.txt',
          'link-to-latin1',
        ].map((path) => `/${route}/${path}`),
      ),
    )('sends %s', async (path) => {
      expect(await site.through(path)).toMatchObject({
        status: 200,
        text: 'Hello\n',
      });
    });

    it.each(['link', 'linked-folder/a.txt'])(
      'tells nginx where %s leads to',
      async (path) => {
        const { headers } = await site.direct(`/files/${path}`);

        expect(headers['x-accel-redirect']).toBe('/_offload/folder/a.txt');
      },
    );

    it.each(['secret.txt', 'media-private/secret.txt'])(
      'sends %s itself, since no rule holds it',
      async (path) => {
        const { headers, text } = await site.direct(`/all/${path}`);

        expect(headers).not.toHaveProperty('x-accel-redirect');
        expect([headers['x-accel-buffering'], text]).toEqual(['no', SECRET]);
      },
    );

    it.each(['.hidden', '..hidden', '.git/config'])(
      'sends %s where hidden files are wanted',
      async (path) => {
        expect(await site.through(`/dotfiles/${path}`)).toMatchObject({
          status: 200,
          text: SECRET,
        });
      },
    );

    it('does not let a cache keep what nginx could not read', async () => {
      const { headers } = await site.through('/files/closed');

      expect(headers['cache-control']).toContain('no-store');
    });
  });
});
