import { rename, utimes } from 'node:fs/promises';

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { PathDownloadController } from 'nestjs-downloadview';

import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { describeAllServers } from '../support/servers/tested-servers.js';

/** What tools give all files alike. */
const TIMES: [tool: string, seconds: number][] = [
  ['an image without times', 0],
  ['Nix', 1],
  ['an archive without times', Date.UTC(1980, 0, 1) / 1000],
  ['npm', Date.UTC(1985, 9, 26, 8, 15) / 1000],
];

describeAllServers('files of a fixed time', (server, adapter) => {
  let directory: TemporaryDirectory;
  let site: ServedSite;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    site = await startBehind(server.kind, adapter, {
      backend: server.backend([{ sourceDir: directory.path }]),
      controllers: [
        PathDownloadController.asController('files/*path', {
          root: directory.path,
        }),
      ],
    });
  });

  afterAll(async () => {
    await site.stop();
    await directory.remove();
  });

  async function replace(content: string, seconds: number): Promise<void> {
    const next = await directory.write('next', content);
    await utimes(next, seconds, seconds);
    await rename(next, `${directory.path}/a.txt`);
  }

  it.each(TIMES)(
    'are never joined with what took the place of one: %s',
    async (_, seconds) => {
      await replace('1111111111', seconds);
      const { headers } = await site.through('/files/a.txt');
      await replace('2222222222', seconds);

      const { status, text } = await site.through('/files/a.txt', {
        headers: { Range: 'bytes=5-', 'If-Range': headers.etag ?? '' },
      });

      expect([status, text]).toEqual([200, '2222222222']);
    },
  );

  it('are resumed while they are the same', async () => {
    await replace('0123456789', 0);
    const { headers } = await site.through('/files/a.txt');

    const { status, text } = await site.through('/files/a.txt', {
      headers: { Range: 'bytes=5-', 'If-Range': headers.etag ?? '' },
    });

    // Caddy up to 2.6 has a tag of its own, and the application no other place to tell one.
    expect([status, text]).toEqual(
      server.name === 'Caddy' ? [200, '0123456789'] : [206, '56789'],
    );
  });
});
