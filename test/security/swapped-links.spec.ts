import { renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import {
  apache,
  caddy,
  type DownloadBackend,
  DownloadResponse,
  FileSystemStorage,
  lighttpd,
  LocalFile,
  nginx,
  StorageDownloadController,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { httpRequest } from '../support/clients/http-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const BACKENDS: [string, (directory: string) => DownloadBackend][] = [
  [
    'nginx',
    (directory) =>
      nginx({ rules: [{ sourceDir: directory, destination: '/_x/' }] }),
  ],
  [
    'caddy',
    (directory) =>
      caddy({
        rules: [{ sourceDir: directory, destination: '/_x/' }],
        pathEncoding: 'percent',
      }),
  ],
  [
    'apache',
    (directory) =>
      apache({ rules: [{ sourceDir: directory }], pathEncoding: 'raw' }),
  ],
  ['lighttpd', (directory) => lighttpd({ rules: [{ sourceDir: directory }] })],
  [
    'nginx, told a URL',
    (directory) =>
      nginx({
        rules: [
          {
            sourceUrl: '/media/',
            destination: '/_x/',
            destinationDir: `${directory}/`,
          },
        ],
      }),
  ],
];

/** Alice may write below her own directory; one rule has hers and Bob's. */
describe.each(ADAPTERS)(
  'a link that is put in the place of a file on %s',
  (adapter) => {
    let directory: TemporaryDirectory;
    let running: RunningApplication;

    beforeEach(async () => {
      directory = await temporaryDirectory();
      await directory.write('alice/a.txt', 'Alice');
      await directory.write('bob/a.txt', 'Bob');
    });

    afterEach(async () => {
      await running.close();
      await directory.remove();
    });

    /** Called while the file is looked at, after it was found where it belongs. */
    function swapsFile(): string {
      const own = join(directory.path, 'alice/a.txt');
      renameSync(own, `${own}.old`);
      symlinkSync(join(directory.path, 'bob/a.txt'), own);
      return '"swapped"';
    }

    function swapsDirectory(): string {
      const own = join(directory.path, 'alice');
      renameSync(own, `${own}.old`);
      symlinkSync(join(directory.path, 'bob'), own);
      return '"swapped"';
    }

    async function asked(backend: DownloadBackend, swap: () => string) {
      const root = join(directory.path, 'alice');

      @Controller('stored/*path')
      class StoredController extends StorageDownloadController {}

      @Controller('local')
      class LocalController {
        @Get()
        local() {
          return new DownloadResponse(
            new LocalFile('a.txt', { root, etag: swap }),
          );
        }
      }
      running = await startApplication(adapter, {
        controllers: [StoredController, LocalController],
        options: {
          backend,
          storages: {
            default: new FileSystemStorage({
              root,
              baseUrl: '/media/alice/',
              etag: swap,
            }),
          },
        },
      });
      return {
        local: () => httpRequest(running.origin, '/local'),
        stored: () => httpRequest(running.origin, '/stored/a.txt'),
      };
    }

    const cases = BACKENDS.flatMap(([name, backend]) =>
      (['local', 'stored'] as const).map((route) => ({ name, backend, route })),
    );

    it.each(cases)(
      'tells $name no other file than the one that was checked: $route',
      async ({ backend, route }) => {
        const ask = await asked(backend(directory.path), swapsFile);
        const { headers, text } = await ask[route]();
        expect(JSON.stringify(headers)).not.toContain('bob');
        expect(text).not.toBe('Bob');
      },
    );

    it.each(cases)(
      'tells $name nothing of a directory put in place of hers: $route',
      async ({ backend, route }) => {
        const ask = await asked(backend(directory.path), swapsDirectory);
        const { headers, text } = await ask[route]();
        expect(JSON.stringify(headers)).not.toContain('bob');
        expect(text).not.toBe('Bob');
      },
    );
  },
);
