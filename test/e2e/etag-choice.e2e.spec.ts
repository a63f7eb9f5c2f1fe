import { rename, utimes } from 'node:fs/promises';
import { join } from 'node:path';

import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
} from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import {
  type DownloadModuleOptions,
  type Etag,
  FileSystemStorage,
  InvalidOptionsError,
  LocalFile,
  PathDownloadController,
  sendfile,
  StorageDownloadController,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type ApplicationParts,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { bootError } from '../support/boot-error.js';
import { httpRequest } from '../support/clients/http-client.js';
import { NGINX } from '../support/servers/web-server-kinds.js';
import { startWebServer } from '../support/servers/web-server.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const LARGE = Buffer.alloc(700_000, 'copies of one file; ');
const OLD = new Date('2024-05-06T07:08:09.123Z');

/** Times that packers give to every file. */
const SAY_NOTHING = [
  ['the epoch', 0],
  ['Nix’s second', 1],
  ['1980-01-01', Date.UTC(1980, 0, 1) / 1000],
  ['1980-01-01 in another zone', Date.UTC(1980, 0, 1, 5) / 1000],
  ['npm’s 1985-10-26', Date.UTC(1985, 9, 26, 8, 15) / 1000],
] as const;

describe.each(ADAPTERS)(
  'copies of files on two instances, on %s',
  (adapter) => {
    let directories: TemporaryDirectory[];
    const running: RunningApplication[] = [];

    beforeAll(async () => {
      directories = [await temporaryDirectory(), await temporaryDirectory()];
    });

    afterEach(async () => {
      for (const application of running.splice(0)) await application.close();
    });

    afterAll(async () => {
      for (const directory of directories) await directory.remove();
    });

    /** Writes it on both, the second one later and on another inode. */
    async function copies(
      name: string,
      content: string | Buffer,
      time: Date | number = OLD,
    ): Promise<void> {
      for (const directory of directories) {
        await utimes(await directory.write(name, content), time, time);
      }
    }

    async function start(
      parts: (root: string) => ApplicationParts,
    ): Promise<void> {
      for (const { path } of directories) {
        running.push(await startApplication(adapter, parts(path)));
      }
    }

    async function tags(path: string, method = 'GET'): Promise<unknown[]> {
      const answers = await Promise.all(
        running.map(({ origin }) => httpRequest(origin, path, { method })),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      return answers.map(({ headers }) => headers.etag);
    }

    const module =
      (options: DownloadModuleOptions) =>
      (root: string): ApplicationParts => ({
        options: {
          ...options,
          storages: { default: new FileSystemStorage({ root }) },
        },
        controllers: [
          PathDownloadController.asController('files/*path', { root }),
          StorageDownloadController.asController('media/*path'),
        ],
      });

    it('have another tag each by default', async () => {
      await copies('a.txt', 'a');
      await start(module({}));
      const [one, other] = await tags('/files/a.txt');
      expect(one).not.toBe(other);
    });

    it.each(['time', 'content'] as const)(
      'have one tag by the module’s etag: %j, whichever controller and method',
      async (etag) => {
        await copies('a.txt', 'a');
        await start(module({ etag }));
        const all = [
          ...(await tags('/files/a.txt')),
          ...(await tags('/files/a.txt', 'HEAD')),
          ...(await tags('/media/a.txt')),
          ...(await tags('/media/a.txt', 'HEAD')),
        ];
        expect(new Set(all).size).toBe(1);
        expect(all[0]).toMatch(/^"[\w-]{22,43}"$/);
      },
    );

    it('have one tag by what a storage, a controller, sendfile() or a file says, before the module', async () => {
      await copies('a.txt', 'a');
      await start((root) => {
        @Controller()
        class HandlerController {
          @Get('sent')
          sent() {
            return sendfile('a.txt', { root, etag: 'time' });
          }

          @Get('given')
          given() {
            return sendfile(join(root, 'a.txt'), {
              etag: ({ size }, { name }) => Promise.resolve(`${name}-${size}`),
            });
          }
        }
        return {
          options: {
            etag: 'inode',
            storages: {
              default: new FileSystemStorage({ root, etag: 'content' }),
              plain: new FileSystemStorage({ root }),
            },
          },
          controllers: [
            HandlerController,
            PathDownloadController.asController('files/*path', {
              root,
              etag: 'time',
            }),
            StorageDownloadController.asController('media/*path'),
            StorageDownloadController.asController('timed/*path', {
              etag: 'time',
            }),
            StorageDownloadController.asController('plain/*path', {
              storage: 'plain',
            }),
          ],
        };
      });
      const byTime = await tags('/files/a.txt');
      const byContent = await tags('/media/a.txt');
      expect(byTime[0]).toBe(byTime[1]);
      expect(byContent[0]).toBe(byContent[1]);
      expect(await tags('/sent')).toEqual(byTime);
      expect(await tags('/timed/a.txt')).toEqual(byTime);
      expect(await tags('/given')).toEqual(['"a.txt-1"', '"a.txt-1"']);
      const [one, other] = await tags('/plain/a.txt');
      expect(one).not.toBe(other);
    });

    it.each(SAY_NOTHING)(
      'have another tag by time, where that is %s and the bytes are others',
      async (_, seconds) => {
        await start(module({ etag: 'time' }));
        await copies('fixed.txt', 'one', seconds);
        const before = await tags('/files/fixed.txt');
        await copies('fixed.txt', 'two', seconds);
        const after = await tags('/files/fixed.txt');
        expect(before[0]).toBe(before[1]);
        expect(after[0]).toBe(after[1]);
        expect(after[0]).not.toBe(before[0]);
      },
    );

    it('get a new tag with new bytes, and the old one back with the old bytes, by content', async () => {
      await start(module({ etag: 'content' }));
      await copies('a.txt', 'one');
      const [one] = await tags('/files/a.txt');
      await copies('new.txt', 'two');
      for (const { path } of directories) {
        await rename(join(path, 'new.txt'), join(path, 'a.txt'));
      }
      const [two] = await tags('/files/a.txt');
      await copies('a.txt', 'one');
      expect(two).not.toBe(one);
      expect((await tags('/files/a.txt'))[0]).toBe(one);
    });

    it('are tagged by time above contentTagLimit', async () => {
      await copies('large.bin', LARGE);
      await copies('small.bin', 'small');
      const ask = async (
        options: DownloadModuleOptions,
      ): Promise<unknown[]> => {
        await start(module(options));
        const found = [
          (await tags('/files/large.bin'))[0],
          (await tags('/files/small.bin'))[0],
        ];
        for (const application of running.splice(0)) await application.close();
        return found;
      };
      const byTime = await ask({ etag: 'time' });
      const byContent = await ask({ etag: 'content' });
      const limited = await ask({ etag: 'content', contentTagLimit: 1000 });
      expect(limited).toEqual([byTime[0], byContent[1]]);
    });

    it('are resumed from one at the other, also by nginx, which caches them in slices', async () => {
      await copies('large.bin', LARGE);
      await start(module({ etag: 'content' }));
      const [first, second] = running;
      const cache = await temporaryDirectory();
      const server = await startWebServer(
        NGINX,
        ({ listen, directory }) => `
events {}
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
http {
  access_log off;
  proxy_cache_path ${cache.path} keys_zone=slices:1m use_temp_path=off;
  upstream instances {
    server 127.0.0.1:${first.port};
    server 127.0.0.1:${second.port};
  }
  server {
    listen ${listen};
    location / {
      slice 64k;
      proxy_cache slices;
      proxy_cache_key $uri$slice_range;
      proxy_cache_valid 200 206 1h;
      proxy_ignore_headers Cache-Control;
      proxy_set_header Range $slice_range;
      proxy_pass http://instances;
    }
  }
}`,
      );
      try {
        const whole = await httpRequest(server.origin, '/files/large.bin');
        expect(whole.body.equals(LARGE)).toBe(true);
        const again = await httpRequest(server.origin, '/files/large.bin');
        expect(again.body.equals(LARGE)).toBe(true);

        const { headers } = await httpRequest(first.origin, '/files/large.bin');
        for (const origin of [second.origin, server.origin]) {
          const rest = await httpRequest(origin, '/files/large.bin', {
            headers: {
              Range: 'bytes=500000-',
              'If-Range': headers.etag ?? '',
            },
          });
          expect(rest.status).toBe(206);
          expect(rest.body.equals(LARGE.subarray(500_000))).toBe(true);
        }
      } finally {
        await server.stop();
        await cache.remove();
      }
    });

    it.each<[string, unknown, string]>([
      ['etag', 'hash', "'hash' was given"],
      ['etag', 7, '7 was given'],
      ['contentTagLimit', -1, 'whole bytes'],
      ['contentTagLimit', '1k', 'whole bytes'],
    ])(
      'the module does not boot with %s: %j',
      async (option, value, reason) => {
        const error = await bootError(adapter, {
          options: { [option]: value },
        });
        expect(error).toBeInstanceOf(InvalidOptionsError);
        expect(error.message).toContain(reason);
      },
    );
  },
);

it.each([
  () => new FileSystemStorage({ root: '/srv', etag: 'md5' as Etag }),
  () => new LocalFile('/srv/a', { etag: 'md5' as Etag }),
  () => sendfile('/srv/a', { etag: 'md5' as Etag }),
])('refuses another kind of tag', (make) => {
  expect(make).toThrow(InvalidOptionsError);
});
