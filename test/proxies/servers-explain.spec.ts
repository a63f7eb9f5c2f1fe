import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import {
  DownloadExplainer,
  DownloadResponse,
  LocalFile,
} from 'nestjs-downloadview';

import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { describeAllServers } from '../support/servers/tested-servers.js';

const HEADERS = {
  'Content-Language': 'fr',
  'X-Checksum': 'abc',
  'X-Robots-Tag': 'noindex',
  Link: '</a>; rel="up"',
  Digest: 'sha-256=abc',
  'Referrer-Policy': 'no-referrer',
  Expires: 'Fri, 01 Jan 2100 00:00:00 GMT',
};

describeAllServers('what explain() says of headers', (server, adapter) => {
  let directory: TemporaryDirectory;
  let site: ServedSite;
  let explained: () => ReturnType<DownloadExplainer['explain']>;
  let names: readonly string[];

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const root = directory.path;
    await directory.write('a.txt', 'Hello\n');
    const response = (): DownloadResponse =>
      new DownloadResponse(new LocalFile('a.txt', { root }), {
        headers: HEADERS,
      });

    @Controller()
    class FileController {
      @Get('a.txt')
      download() {
        return response();
      }
    }

    site = await startBehind(server.kind, adapter, {
      backend: server.backend([{ sourceDir: root }]),
      options: { explain: true },
      controllers: [FileController],
    });
    const explainer = site.application.app.get(DownloadExplainer);
    explained = () => explainer.explain(response());
    names = Object.keys((await response().describe()).headers);
  });

  afterAll(async () => {
    await site.stop();
    await directory.remove();
  });

  it('those that it calls lost do not reach the client, and all others do', async () => {
    const { headers, text } = await site.through('/a.txt');

    const { offloaded, lostHeaders } = await explained();

    const missing = names.filter((name) => !(name.toLowerCase() in headers));
    expect([text, offloaded]).toEqual(['Hello\n', true]);
    expect(lostHeaders).toEqual(missing);
  });

  it('X-Download-Explain reaches the client along with the file', async () => {
    const { headers } = await site.through('/a.txt');

    expect(headers['x-download-explain']).toContain('offloaded; ');
  });
});
