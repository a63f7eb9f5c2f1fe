import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { nginx, PathDownloadController } from 'nestjs-downloadview';

import { ADAPTERS } from '../support/application.js';
import { type Site, startBehindNginx } from '../support/behind-nginx.js';
import { describeWith } from '../support/describe-with.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/temporary-directory.js';

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

      site = await startBehindNginx(adapter, {
        backend: nginx({
          rules: [{ sourceDir: root, destination: '/_offload/' }],
          remote: { hosts: ['127.0.0.1:9'] },
        }),
        controllers: [FileController],
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
  });
});
