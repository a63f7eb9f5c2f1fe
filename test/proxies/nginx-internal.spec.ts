import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import {
  ContentFile,
  nginx,
  PathDownloadController,
  VirtualDownloadController,
} from 'nestjs-downloadview';

import { ADAPTERS } from '../support/application.js';
import { type Site, startBehindNginx } from '../support/behind-nginx.js';
import { describeWith } from '../support/describe-with.js';
import { type HttpAnswer } from '../support/http-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/temporary-directory.js';

const SPOOFED: Record<string, string>[] = [
  { 'X-Accel-Redirect': '/_offload/other.txt' },
  { 'X-Accel-Mapping': '/=/_offload/' },
  { X_Accel_Mapping: '/=/_offload/' },
  { 'X-Accel-Limit-Rate': '1' },
  { 'X-Sendfile': '/etc/passwd' },
  { 'X-Sendfile-Type': 'X-Accel-Redirect' },
  { 'X-Sendfile-Type': 'X-Sendfile', 'X-Accel-Mapping': '/=/' },
  { 'X-Reproxy-URL': 'http://127.0.0.1/' },
  { 'X-LIGHTTPD-send-file': '/etc/passwd' },
];
const PATHS = ['/files/a.txt', '/generated.txt', '/files/missing', '/nowhere'];

describeWith(['nginx'], 'what a client cannot reach behind nginx', () => {
  describe.each(ADAPTERS)('on %s', (adapter) => {
    let directory: TemporaryDirectory;
    let site: Site;

    beforeAll(async () => {
      directory = await temporaryDirectory();
      const root = `${directory.path}/files`;
      await directory.write('files/a.txt', 'Hello\n');
      await directory.write('files/other.txt', 'not asked for');
      await directory.write('files-too/a.txt', 'a neighbour');

      @Controller('files/*path')
      class FileController extends PathDownloadController {
        override root = root;
      }

      @Controller('generated.txt')
      class GeneratedController extends VirtualDownloadController {
        getFile() {
          return new ContentFile('generated\n', { name: 'generated.txt' });
        }
      }

      site = await startBehindNginx(adapter, {
        backend: nginx({
          rules: [{ sourceDir: root, destination: '/_offload/' }],
          remote: { hosts: ['127.0.0.1:9'] },
        }),
        controllers: [FileController, GeneratedController],
      });
    });

    afterAll(async () => {
      await site.stop();
      await directory.remove();
    });

    it.each([
      '/_offload/a.txt',
      '/_offload-tagged/a.txt',
      '/_offload-tagged/',
      '/_offload-tagged../files-too/a.txt',
      '/_offload/../_offload-tagged/a.txt',
      '/_remote/',
      '/_remote/?/',
      '/_remote/http/127.0.0.1:9?/a.txt',
      '/@download_failed',
      '//_offload/a.txt',
      '/_offload//a.txt',
      '/./_offload/a.txt',
      '/_offload/./a.txt',
      '/%5foffload/a.txt',
      '/%5Foffload/a.txt',
      '/_offload%2Fa.txt',
      '/%2F_offload/a.txt',
      '/pub/../_offload/a.txt',
      '/pub/%2e%2e/_offload/a.txt',
      '/files/../_offload/a.txt',
      '/files/..%2f_offload/a.txt',
      '/_offload/a.txt?x=1',
      '/_offload/',
      '/_offload',
      '/_offload../files-too/a.txt',
      '/_offload/../files-too/a.txt',
      '/_OFFLOAD/a.txt',
      'http://127.0.0.1/_offload/a.txt',
      '/@download_gone',
    ])('answers %s with 404', async (path) => {
      expect(await site.through(path)).toMatchObject({ status: 404 });
    });

    describe.each(['direct', 'through'] as const)('asked %s', (way) => {
      it.each(
        PATHS.flatMap((path) =>
          SPOOFED.map((headers) => [path, headers] as const),
        ),
      )('answers %s the same with %j', async (path, headers) => {
        const plain = await site[way](path);

        const spoofed = await site[way](path, { headers });

        expect(comparable(spoofed)).toEqual(comparable(plain));
      });
    });
  });
});

function comparable({ status, rawHeaders, body }: HttpAnswer): unknown {
  return {
    status,
    headers: rawHeaders.filter(
      (_, index) =>
        ![rawHeaders[index], rawHeaders[index - 1]].includes('Date'),
    ),
    body: body.toString('latin1'),
  };
}
