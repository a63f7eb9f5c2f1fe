import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { Controller } from '@nestjs/common';
import {
  ContentFile,
  type DownloadFile,
  VirtualDownloadController,
  VirtualFile,
} from 'nestjs-downloadview';
import { CsvFile } from 'nestjs-downloadview/csv';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { httpRequest } from '../support/clients/http-client.js';

const MODIFIED = 'Fri, 02 Jan 2026 03:04:05 GMT';
const EARLIER = 'Fri, 02 Jan 2026 03:04:04 GMT';
const LATER = 'Sat, 03 Jan 2026 00:00:00 GMT';
const FACTS = { name: 'a.csv', lastModified: new Date(MODIFIED), etag: 'v1' };

let made = 0;

function* rows(): Generator<string[]> {
  made += 1;
  yield ['1'];
}

const FILES: Record<string, () => DownloadFile> = {
  VirtualFile: () =>
    new VirtualFile(
      function* () {
        for (const [cell] of rows()) yield cell;
      },
      { ...FACTS },
    ),
  CsvFile: () => new CsvFile(() => rows(), { ...FACTS }),
  ContentFile: () => new ContentFile('1', { ...FACTS }),
};

describe.each(ADAPTERS)(
  'the freshness of generated content on %s',
  (adapter) => {
    let running: RunningApplication;
    const asked: Date[] = [];

    beforeAll(async () => {
      const controllers = Object.entries(FILES).map(([name, file]) => {
        @Controller(name)
        class FileController extends VirtualDownloadController {
          getFile(): DownloadFile {
            return file();
          }
        }
        return FileController;
      });
      @Controller('hook')
      class HookController extends VirtualDownloadController {
        getFile(): DownloadFile {
          return new CsvFile(() => rows(), { name: 'a.csv' });
        }
        override wasModifiedSince(_file: DownloadFile, since: Date): boolean {
          asked.push(since);
          return since < new Date(MODIFIED);
        }
      }
      running = await startApplication(adapter, {
        controllers: [...controllers, HookController],
      });
    });

    beforeEach(() => {
      made = 0;
      asked.length = 0;
    });

    afterAll(() => running.close());

    const ask = (path: string, headers: Record<string, string>) =>
      httpRequest(running.origin, `/${path}`, { headers });

    describe.each(Object.keys(FILES))('a %s', (name) => {
      it.each<[string, Record<string, string>]>([
        ['If-Modified-Since its time', { 'If-Modified-Since': MODIFIED }],
        ['If-Modified-Since a later time', { 'If-Modified-Since': LATER }],
        ['If-None-Match its tag', { 'If-None-Match': '"v0", "v1"' }],
      ])('brings 304 and is not made: %s', async (_, headers) => {
        const answer = await ask(name, headers);
        expect(answer.status).toBe(304);
        expect(answer.headers.etag).toBe('"v1"');
        expect(answer.text).toBe('');
        expect(made).toBe(0);
      });

      it.each<[string, Record<string, string>]>([
        ['If-Modified-Since an earlier time', { 'If-Modified-Since': EARLIER }],
        ['If-None-Match another tag', { 'If-None-Match': '"v2"' }],
      ])('is sent: %s', async (_, headers) => {
        const answer = await ask(name, headers);
        expect(answer.status).toBe(200);
        expect(answer.text.trim()).toBe('1');
        expect(answer.headers['last-modified']).toBe(MODIFIED);
        expect(answer.headers.etag).toBe('"v1"');
      });

      it('is not made where its tag is the wrong one', async () => {
        const answer = await ask(name, { 'If-Match': '"v2"' });
        expect(answer.status).toBe(412);
        expect(made).toBe(0);
      });
    });

    it('is what the controller’s wasModifiedSince() says', async () => {
      const unchanged = await ask('hook', { 'If-Modified-Since': LATER });
      expect(unchanged.status).toBe(304);
      expect(made).toBe(0);
      const changed = await ask('hook', { 'If-Modified-Since': EARLIER });
      expect(changed.status).toBe(200);
      expect(changed.text).toBe('1\r\n');
      expect(asked).toEqual([new Date(LATER), new Date(EARLIER)]);
    });
  },
);
