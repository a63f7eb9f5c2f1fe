import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { nginx, PathDownloadController } from 'nestjs-downloadview';

import {
  type Site,
  startBehindNginx,
} from '../support/servers/behind-nginx.js';
import { describeWith } from '../support/describe-with.js';
import { completionsLog, telling } from '../support/telling-server.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

describeWith(['nginx'], 'what a client cannot reach behind nginx', () => {
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

    site = await startBehindNginx('express', {
      backend: telling(
        nginx({
          rules: [{ sourceDir: root, destination: '/_offload/' }],
          remote: { hosts: ['127.0.0.1:9'] },
        }),
        { file: await completionsLog(directory) },
      ),
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
    '/_OFFLOAD/a.txt',
    '/_remote/',
    '/_remote/?/',
    '/_remote/http/127.0.0.1:9?/a.txt',
    'http://127.0.0.1/_offload/a.txt',
    '/@download_failed',
    '/@download_gone',
  ])('answers %s with 404', async (path) => {
    expect(await site.through(path)).toMatchObject({ status: 404 });
  });

  it('leaves no warning in the error log', () => {
    expect(site.server.log()).toContain('start worker process');
    expect(site.server.log()).not.toContain('[warn]');
  });
});
