import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { apache, PathDownloadController } from 'nestjs-downloadview';

import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { describeAllServers } from '../support/servers/tested-servers.js';

const RATE = 10 * 1024 * 1024;
const BYTES = Buffer.from(
  Array.from({ length: 300_000 }, (_, at) => (at * 7) % 251),
);

describeAllServers('a file with a limited rate', (server, adapter) => {
  let directory: TemporaryDirectory;
  let site: ServedSite;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const root = directory.path;
    await directory.write('a.bin', BYTES);
    const rules = [{ sourceDir: root }];
    site = await startBehind(server.kind, adapter, {
      backend:
        server.name === 'Apache'
          ? apache({ rules, pathEncoding: 'raw', limitRate: RATE })
          : server.backend(rules),
      options: { limitRate: RATE },
      controllers: [
        PathDownloadController.asController('files/*path', { root }),
      ],
    });
  });

  afterAll(async () => {
    await site.stop();
    await directory.remove();
  });

  it('is handed to every server that can keep to it, and streamed behind the other', async () => {
    const { headers } = await site.direct('/files/a.bin');

    expect(server.offloadHeader in headers).toBe(server.name !== 'Caddy');
  });

  it('arrives whole and in ranges, and says nothing of its rate to the client', async () => {
    const whole = await site.through('/files/a.bin');
    const range = await site.through('/files/a.bin', {
      headers: { range: 'bytes=1000-199999' },
    });

    expect(whole.body.equals(BYTES)).toBe(true);
    expect([range.status, range.headers.etag]).toEqual([
      206,
      whole.headers.etag,
    ]);
    expect(range.body.equals(BYTES.subarray(1000, 200_000))).toBe(true);
    expect(
      Object.keys(whole.headers).filter((name) => /rate|kbytes/.test(name)),
    ).toEqual([]);
  });
});
