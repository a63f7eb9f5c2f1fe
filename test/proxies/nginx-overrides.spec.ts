import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Param, Query } from '@nestjs/common';
import {
  Download,
  type DownloadBackend,
  type DownloadFile,
  type DownloadRequest,
  DownloadResponse,
  FileSystemStorage,
  LocalFile,
  nginx,
  PathDownloadController,
  redirect,
  stream,
  StorageDownloadController,
  StorageFile,
} from 'nestjs-downloadview';

import { ADAPTERS } from '../support/application.js';
import {
  type Site,
  startBehindNginx,
} from '../support/servers/behind-nginx.js';
import { describeWith } from '../support/describe-with.js';
import { SigningStore } from '../support/stores/signing-store.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const CONTENT = 'caf\u00E9\n';
const BIG = Buffer.alloc(20_000, '0123456789');
const SETTINGS = ['expires', 'buffering', 'limit-rate', 'charset'];

describeWith(
  ['nginx'],
  'what a rule, a controller or a handler says itself',
  () => {
    describe.each(ADAPTERS)('on %s', (adapter) => {
      let directory: TemporaryDirectory;
      let store: SigningStore;
      let site: Site;

      beforeAll(async () => {
        directory = await temporaryDirectory();
        const root = directory.path;
        for (const name of ['plain', 'own', 'partly']) {
          await directory.write(`${name}/a.txt`, CONTENT);
          await directory.write(`${name}/big.bin`, BIG);
        }
        store = await SigningStore.start();
        await store.storage.save('a.txt', CONTENT);
        const backend = nginx({
          limitRate: 50_000,
          buffering: true,
          charset: 'utf-8',
          rules: [
            { sourceDir: `${root}/plain`, destination: '/_plain/' },
            {
              sourceDir: `${root}/own`,
              destination: '/_own/',
              limitRate: 10_000,
              buffering: false,
              expires: 60,
              charset: 'koi8-r',
            },
            {
              sourceDir: `${root}/partly`,
              destination: '/_partly/',
              limitRate: false,
              charset: undefined,
            },
          ],
          remote: { hosts: [store.host] },
        });
        const backends: Record<string, DownloadBackend | undefined> = {
          none: undefined,
          stream: stream(),
          redirect: redirect({ hosts: [store.host] }),
        };

        @Controller('files/*path')
        class FileController extends PathDownloadController {
          override root = root;
        }

        @Controller('keys/*path')
        class KeyController extends StorageDownloadController {}

        @Controller('streamed-files/*path')
        class StreamedController extends PathDownloadController {
          override root = root;
          override backend = stream();
        }

        @Controller('chosen-files/*path')
        class ChosenController extends PathDownloadController {
          override root = root;
          override getBackend(_file: DownloadFile, { url }: DownloadRequest) {
            return backends[url.replace(/.*backend=/, '')];
          }
        }

        @Controller('handlers')
        @Download({ backend: stream() })
        class HandlerController {
          @Get('by-class')
          byClass() {
            return new LocalFile(`${root}/plain/a.txt`);
          }

          @Get('by-handler')
          @Download({ backend })
          byHandler() {
            return new LocalFile(`${root}/plain/a.txt`);
          }

          @Get('by-response/:name')
          @Download({ backend })
          byResponse(@Param('name') name: string) {
            const file = new LocalFile(`${root}/plain/a.txt`);
            return new DownloadResponse(file, { backend: backends[name] });
          }

          @Get('stored')
          stored(@Query('backend') name: string) {
            const file = new StorageFile(store.storage, 'a.txt');
            return new DownloadResponse(file, {
              backend: name === 'nginx' ? backend : backends[name],
            });
          }
        }

        site = await startBehindNginx(adapter, {
          backend,
          options: { storages: { default: new FileSystemStorage({ root }) } },
          controllers: [
            FileController,
            KeyController,
            StreamedController,
            ChosenController,
            HandlerController,
          ],
        });
      });

      afterAll(async () => {
        await site.stop();
        store.close();
        await directory.remove();
      });

      it.each([
        ['plain', [undefined, 'yes', '50000', 'utf-8']],
        ['own', ['60', 'no', '10000', 'koi8-r']],
        ['partly', [undefined, 'yes', '0', 'utf-8']],
      ])('tells nginx for a file below %s: %j', async (name, values) => {
        for (const route of ['files', 'keys']) {
          const { headers } = await site.direct(`/${route}/${name}/a.txt`);

          expect(SETTINGS.map((one) => headers[`x-accel-${one}`])).toEqual(
            values,
          );
        }
      });

      it.each([
        ['plain', 'utf-8'],
        ['own', 'koi8-r'],
        ['partly', 'utf-8'],
      ])(
        'has nginx name the charset of a text below %s: %s',
        async (name, charset) => {
          for (const route of ['files', 'keys']) {
            const answer = await site.through(`/${route}/${name}/a.txt`);

            expect(answer).toMatchObject({
              status: 200,
              text: CONTENT,
              headers: { 'content-type': `text/plain; charset=${charset}` },
            });
          }
        },
      );

      it('limits the files of the rule that says so', async () => {
        const began = performance.now();
        const { body } = await site.through('/files/own/big.bin');
        const limited = performance.now() - began;

        expect(body.equals(BIG)).toBe(true);
        expect(limited).toBeGreaterThan(500);
      });

      it('does not limit the files of the rule that lifts it', async () => {
        const { body } = await site.through('/files/partly/big.bin');

        expect(body.equals(BIG)).toBe(true);
      });

      it.each([
        ['/files/plain/a.txt', '/_plain/a.txt'],
        ['/streamed-files/plain/a.txt', undefined],
        ['/chosen-files/plain/a.txt?backend=none', '/_plain/a.txt'],
        ['/chosen-files/plain/a.txt?backend=stream', undefined],
        ['/handlers/by-class', undefined],
        ['/handlers/by-handler', '/_plain/a.txt'],
        ['/handlers/by-response/none', '/_plain/a.txt'],
        ['/handlers/by-response/stream', undefined],
      ])(
        'sends %s by the backend that is nearest: %s',
        async (path, location) => {
          const { headers } = await site.direct(path);

          expect(headers['x-accel-redirect']).toBe(location);
          expect(await site.through(path)).toMatchObject({
            status: 200,
            text: CONTENT,
          });
        },
      );

      it.each([
        '/streamed-files/plain/a.txt',
        '/handlers/by-class',
        '/handlers/by-response/stream',
      ])(
        'tells nginx how to take %s, which it is not asked to send',
        async (path) => {
          const { headers } = await site.direct(path);

          expect(headers).toMatchObject({
            'x-accel-buffering': 'yes',
            'x-accel-limit-rate': '50000',
          });
        },
      );

      it.each([
        ['nginx', 200, CONTENT],
        ['stream', 200, CONTENT],
        ['redirect', 302, ''],
      ])(
        'answers for one and the same file by %s',
        async (name, status, text) => {
          const answer = await site.through(`/handlers/stored?backend=${name}`);

          expect(answer).toMatchObject({ status, text });
          const { headers } = await site.direct(
            `/handlers/stored?backend=${name}`,
          );
          expect('x-accel-redirect' in headers).toBe(name === 'nginx');
        },
      );
    });
  },
);
