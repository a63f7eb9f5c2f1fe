import { execFile } from 'node:child_process';
import { gunzipSync, gzipSync } from 'node:zlib';

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller, Get, Param } from '@nestjs/common';
import {
  Download,
  DownloadResponse,
  LocalFile,
  nginx,
  VirtualFile,
} from 'nestjs-downloadview';

import {
  type Site,
  startBehindNginx,
} from '../support/servers/behind-nginx.js';
import { describeWith } from '../support/describe-with.js';
import { findProgram } from '../support/programs.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const CHUNK = Buffer.alloc(10_000, 'x');
const SIZE = 100 * CHUNK.length;

async function* chunks(count: number): AsyncGenerator<Buffer> {
  for (let sent = 0; sent < count; sent++) yield CHUNK;
}

async function* broken(count: number): AsyncGenerator<Buffer> {
  yield* chunks(count);
  throw new Error('the source broke');
}

/** How a download comes to a bad end. */
const BROKEN: Record<string, () => VirtualFile> = {
  'a file of unknown size breaks': () =>
    new VirtualFile(() => broken(50), { name: 'a.bin' }),
  'a file of unknown size breaks at its end': () =>
    new VirtualFile(() => broken(100), { name: 'a.bin' }),
  'a file of known size breaks': () =>
    new VirtualFile(() => broken(50), { name: 'a.bin', size: SIZE }),
  'a file is shorter than its size': () =>
    new VirtualFile(() => chunks(99), { name: 'a.bin', size: SIZE }),
  'a file is longer than its size': () =>
    new VirtualFile(() => chunks(101), { name: 'a.bin', size: SIZE }),
};
const WHOLE: Record<string, () => VirtualFile> = {
  'of unknown size': () =>
    new VirtualFile(() => chunks(100), { name: 'a.bin' }),
  'of known size': () =>
    new VirtualFile(() => chunks(100), { name: 'a.bin', size: SIZE }),
};

describeWith(
  ['nginx', 'curl'],
  'what the application sends through nginx',
  () => {
    let directory: TemporaryDirectory;
    let site: Site;

    beforeAll(async () => {
      directory = await temporaryDirectory();
      const coded = await directory.write(
        'log.txt.gz',
        gzipSync('the lines of a log\n'),
      );

      @Controller()
      class FileController {
        @Get('coded')
        coded() {
          return new DownloadResponse(new LocalFile(coded), {
            basename: 'log.txt',
            encoding: 'gzip',
          });
        }

        @Get('archive')
        archive() {
          return new DownloadResponse(new LocalFile(coded));
        }

        @Get('generated/:kind')
        @Download()
        generated(@Param('kind') kind: string) {
          return { ...BROKEN, ...WHOLE }[kind]();
        }
      }

      site = await startBehindNginx('fastify', {
        backend: nginx({
          rules: [{ sourceDir: directory.path, destination: '/_offload/' }],
        }),
        controllers: [FileController],
      });
    });

    afterAll(async () => {
      await site.stop();
      await directory.remove();
    });

    /** The exit code of curl, and how many bytes it got. */
    function download(kind: string): Promise<{ code: unknown; bytes: number }> {
      const url = `${site.nginx.origin}/generated/${encodeURIComponent(kind)}`;
      return new Promise((resolve) => {
        execFile(
          findProgram('curl') ?? 'curl',
          ['-sS', '--max-time', '20', url],
          { encoding: 'buffer', maxBuffer: 10 * SIZE },
          (error, stdout) =>
            resolve({ code: error ? error.code : 0, bytes: stdout.length }),
        );
      });
    }

    it.each(Object.keys(BROKEN))('makes curl fail where %s', async (kind) => {
      const { code } = await download(kind);

      expect(code).not.toBe(0);
    });

    it.each(Object.keys(WHOLE))('brings a file %s whole', async (kind) => {
      expect(await download(kind)).toEqual({ code: 0, bytes: SIZE });
    });

    it('sends a file that has a coding itself', async () => {
      const { headers, body } = await site.direct('/coded');

      expect(headers).not.toHaveProperty('x-accel-redirect');
      expect(body.length).toBeGreaterThan(0);
    });

    it('brings a file that has a coding with its coding and its bytes', async () => {
      const { headers, body } = await site.through('/coded');

      expect(headers).toMatchObject({
        'content-encoding': 'gzip',
        'content-length': String(body.length),
        'content-type': 'text/plain; charset=utf-8',
      });
      expect(gunzipSync(body).toString()).toBe('the lines of a log\n');
    });

    it('leaves an archive to nginx, as what it is', async () => {
      const { headers } = await site.direct('/archive');

      expect(headers).toMatchObject({
        'x-accel-redirect': '/_offload/log.txt.gz',
        'content-type': 'application/gzip',
      });
      expect(headers).not.toHaveProperty('content-encoding');
    });
  },
);
