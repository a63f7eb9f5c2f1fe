import { readFile } from 'node:fs/promises';

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller, Get, Req } from '@nestjs/common';
import {
  type DownloadBackend,
  DownloadResponse,
  LocalFile,
} from 'nestjs-downloadview';

import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import { eventually } from '../support/eventually.js';
import { fieldLines } from '../support/clients/http-fields.js';
import { RawClient } from '../support/clients/raw-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { describeAllServers } from '../support/servers/tested-servers.js';

interface Received {
  readonly headers: Readonly<Record<string, string>>;
}

/** As each server writes the address of the client; lighttpd has no variables. */
const ADDRESS = {
  nginx: '$remote_addr',
  Apache: 'expr=%{REMOTE_ADDR}',
  lighttpd: '127.0.0.1',
  Caddy: '{remote_host}',
};

describeAllServers(
  'a configuration with all that can be said',
  (server, adapter) => {
    let directory: TemporaryDirectory;
    let site: ServedSite;
    let accessLog = '';

    /** The backend, whose configuration says more. */
    function saying(backend: DownloadBackend): DownloadBackend {
      return {
        ...backend,
        serverConfig: (options) => {
          accessLog = `${options.directory}/downloads.log`;
          return (
            backend.serverConfig?.({
              ...options,
              accessLog,
              headers: ['X-Document-Id'],
              requestHeaders: { 'X-Client': ADDRESS[server.name] },
              timeout: 30,
            }) ?? ''
          );
        },
      };
    }

    beforeAll(async () => {
      directory = await temporaryDirectory();
      const file = await directory.write('a.txt', 'Hello\n');

      @Controller()
      class FileController {
        @Get('file')
        file() {
          return new DownloadResponse(new LocalFile(file), {
            headers: { 'X-Document-Id': '42' },
          });
        }

        @Get('headers')
        headers(@Req() { headers }: Received) {
          return { host: headers.host, client: headers['x-client'] };
        }
      }
      site = await startBehind(server.kind, adapter, {
        backend: saying(server.backend([{ sourceDir: directory.path }])),
        controllers: [FileController],
      });
    });

    afterAll(async () => {
      await site.stop();
      await directory.remove();
    });

    it('brings further headers of the application to the client', async () => {
      const answer = await site.through('/file');

      expect(answer.status).toBe(200);
      expect(fieldLines(answer, 'x-document-id')).toEqual(['42']);
    });

    it('brings further headers to the application', async () => {
      const { body } = await site.through('/headers');

      expect(JSON.parse(body.toString())).toMatchObject({
        client: '127.0.0.1',
      });
    });

    it('tells the application host and port, as the client named them', async () => {
      const { body } = await site.through('/headers', {
        headers: { Host: 'files.example:8443' },
      });

      expect(JSON.parse(body.toString())).toMatchObject({
        host: 'files.example:8443',
      });
    });

    it.each(['/headers', '/file'])(
      'answers HTTP/1.0 without a Host for %s',
      async (path) => {
        const client = await RawClient.connect(
          Number(new URL(site.server.origin).port),
        );
        client.socket.write(`GET ${path} HTTP/1.0\r\n\r\n`);
        const { bytes } = await client.end();

        expect(bytes.toString()).toMatch(/^HTTP\/1\.\d 200 /);
      },
    );

    it('keeps a log of downloads', async () => {
      await site.through('/file?logged=yes');

      const isLogged = await eventually(true, async () =>
        (await readFile(accessLog, 'utf8')).includes('/file?logged=yes'),
      );
      expect(isLogged).toBe(true);
    });
  },
);
