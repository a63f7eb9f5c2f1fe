import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  apache,
  caddy,
  FileSystemStorage,
  ObjectDownloadController,
  PathDownloadController,
} from 'nestjs-downloadview';

import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import {
  describeServers,
  SERVERS,
  type TestedServer,
} from '../support/servers/tested-servers.js';

const CONTENT = '0123456789';
const OF_A_ROW = { tag: '"row-1"', date: new Date('2024-01-01T00:00:00Z') };

/** The servers that Debian has decode nothing; a name that needs no encoding they find all the same. */
const PERCENT: TestedServer[] = SERVERS.filter(
  ({ name }) => name !== 'lighttpd',
).map((server) => ({
  ...server,
  backend: (rules) =>
    server.name === 'Apache'
      ? apache({ rules, pathEncoding: 'percent' })
      : caddy({
          rules: rules.map((rule) => ({
            ...rule,
            destination: '/_offload-0/',
          })),
          pathEncoding: 'percent',
        }),
}));

describeServers(
  'pathEncoding percent',
  (server, adapter) => {
    let directory: TemporaryDirectory;
    let site: ServedSite;

    beforeAll(async () => {
      directory = await temporaryDirectory();
      const root = directory.path;
      await directory.write('digits-1.txt', CONTENT);
      await directory.write('per cent %.txt', CONTENT);

      class RowController extends ObjectDownloadController<object> {
        override repository = {
          findOne: async ({ where }: { where: object }) => ({
            ...where,
            file: 'digits-1.txt',
            ...OF_A_ROW,
          }),
        };
        override etagField = 'tag';
        override lastModifiedField = 'date';
      }

      site = await startBehind(server.kind, adapter, {
        backend: server.backend([{ sourceDir: root }]),
        options: { storages: { default: new FileSystemStorage({ root }) } },
        controllers: [
          PathDownloadController.asController('files/*path', { root }),
          RowController.asController('rows/:id'),
        ],
      });
    });

    afterAll(async () => {
      await site.stop();
      await directory.remove();
    });

    it.each(['/files/digits-1.txt', '/rows/1'])(
      'has the server send %s',
      async (path) => {
        const { headers } = await site.direct(path);

        expect(headers).toHaveProperty(server.offloadHeader);
        expect(await site.through(path)).toMatchObject({
          status: 200,
          text: CONTENT,
        });
      },
    );

    it('has the server send a part of it', async () => {
      const headers = { Range: 'bytes=5-' };

      const answer = await site.through('/files/digits-1.txt', { headers });

      expect(answer).toMatchObject({ status: 206, text: '56789' });
    });

    it('tells every other name encoded once', async () => {
      const { headers } = await site.direct('/files/per%20cent%20%25.txt');

      expect(headers[server.offloadHeader]).toBe(
        server.told(directory.path, 'per%20cent%20%25.txt'),
      );
    });

    describe.each(['/files/digits-1.txt', '/rows/1'])('of %s', (path) => {
      const ask = async (headers: Record<string, string>) => {
        const answer = await site.direct(path, { headers });
        return {
          status: answer.status,
          isOffloaded: server.offloadHeader in answer.headers,
        };
      };

      it('the application answers the conditions by the tag that it tells', async () => {
        const { headers } = await site.direct(path);
        const tag = headers.etag ?? '';

        expect(tag).toMatch(/^".+"$/);
        expect(await ask({ 'If-None-Match': tag })).toEqual({
          status: 304,
          isOffloaded: false,
        });
        expect(await ask({ 'If-Match': '"other"' })).toEqual({
          status: 412,
          isOffloaded: false,
        });
        expect(await ask({ 'If-None-Match': '"other"' })).toEqual({
          status: 200,
          isOffloaded: true,
        });
      });

      it('the 304 arrives at the client', async () => {
        const { headers } = await site.direct(path);

        const answer = await site.through(path, {
          headers: { 'If-None-Match': headers.etag ?? '' },
        });

        expect(answer).toMatchObject({ status: 304, text: '' });
      });

      it('HEAD says what GET says', async () => {
        const get = await site.direct(path);
        const head = await site.direct(path, { method: 'HEAD' });

        for (const name of ['etag', 'last-modified'] as const) {
          expect(head.headers[name]).toBe(get.headers[name]);
        }
      });
    });

    it('the tag of a row is told', async () => {
      const { headers } = await site.direct('/rows/1');

      expect(headers.etag).toBe(OF_A_ROW.tag);
      expect(headers['last-modified'] === OF_A_ROW.date.toUTCString()).toBe(
        server.name === 'Apache',
      );
    });
  },
  PERCENT,
);
