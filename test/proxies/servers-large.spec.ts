import { type Server } from 'node:http';
import { type Socket } from 'node:net';

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { PathDownloadController } from 'nestjs-downloadview';

import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import { command } from '../support/command.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { describeAllServers } from '../support/servers/tested-servers.js';

const MIB_OF_KIB = 1024;
/** Several times what an application may grow by that holds none of it. */
const SIZE = 256 * 1024 ** 2;

describeAllServers('a large file', (server, adapter) => {
  let directory: TemporaryDirectory;
  let site: ServedSite;
  const sockets = new Set<Socket>();

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const root = directory.path;
    await directory.zeros('large.bin', SIZE);
    site = await startBehind(server.kind, adapter, {
      backend: server.backend([{ sourceDir: root }]),
      controllers: [
        PathDownloadController.asController('files/*path', { root }),
      ],
    });
    const http = site.application.app.getHttpServer() as Server;
    http.on('connection', (socket: Socket) => sockets.add(socket));
  });

  afterAll(async () => {
    await site.stop();
    await directory.remove();
  });

  it('goes out whole, and the application neither sends nor holds any of it', async () => {
    const before = process.resourceUsage().maxRSS;

    const { code, output } = await command('curl', [
      ...['-sS', '-o', '/dev/null', '-w', '%{http_code} %{size_download}'],
      `${site.server.origin}/files/large.bin`,
    ]);

    expect([code, output.toString()]).toEqual([0, `200 ${SIZE}`]);
    const sent = [...sockets].reduce(
      (sum, { bytesWritten }) => sum + bytesWritten,
      0,
    );
    expect(sent).toBeLessThan(10_000);
    const grown = process.resourceUsage().maxRSS - before;
    expect(grown).toBeLessThan(64 * MIB_OF_KIB);
  }, 30_000);

  it('goes out from its last bytes', async () => {
    const headers = { Range: `bytes=${SIZE - 2}-` };

    const answer = await site.through('/files/large.bin', { headers });

    expect(answer).toMatchObject({ status: 206, text: '\0\0' });
  });
});
