import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import {
  FileSystemStorage,
  nginx,
  ObjectDownloadController,
  PathDownloadController,
  StorageDownloadController,
} from 'nestjs-downloadview';

import { cleanFileName } from '../../lib/http/file-name.js';
import { ADAPTERS } from '../support/application.js';
import { type Site, startBehindNginx } from '../support/behind-nginx.js';
import { describeWith } from '../support/describe-with.js';
import { DIFFICULT_FILE_NAMES } from '../support/difficult-file-names.js';
import { fieldLines, fieldNames } from '../support/http-fields.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/temporary-directory.js';
import { parseDisposition } from '../unit/http/parse-disposition.js';

interface Row {
  readonly id: string;
  readonly file: string;
}

/** Almost as long as a path may be, and every byte of it is three bytes long in a URI. */
const LONG_KEY = `${`${'\u00E9'.repeat(120)}/`.repeat(16)}a.txt`;
const KEYS = [...DIFFICULT_FILE_NAMES.map(({ name }) => name), LONG_KEY];
const ROWS: readonly Row[] = KEYS.map((file, index) => ({
  id: String(index),
  file,
}));
const rowOf = (key: string): string => `/rows/${KEYS.indexOf(key)}`;

const FIELDS_OF_A_FILE = [
  'accept-ranges',
  'cache-control',
  'connection',
  'content-disposition',
  'content-length',
  'content-security-policy',
  'content-type',
  'date',
  'etag',
  'last-modified',
  'server',
  'x-content-type-options',
];

const contentOf = (name: string): string => `This is ${JSON.stringify(name)}\n`;

const ROUTES = [
  {
    route: 'a directory',
    location: '/_files/',
    urlOf: (name: string) => `/files/${encodeURIComponent(name)}`,
  },
  {
    route: 'a storage',
    location: '/_files/',
    urlOf: (name: string) => `/storage/${encodeURIComponent(name)}`,
  },
  {
    route: 'a storage with URLs',
    location: '/_media/',
    urlOf: (name: string) => `/media/${encodeURIComponent(name)}`,
  },
  {
    route: 'a row',
    location: '/_files/',
    urlOf: rowOf,
  },
];

describeWith(['nginx'], 'file names behind nginx', () => {
  describe.each(ADAPTERS)('on %s', (adapter) => {
    let directory: TemporaryDirectory;
    let site: Site;

    beforeAll(async () => {
      directory = await temporaryDirectory();
      const root = `${directory.path}/files`;
      for (const key of KEYS) {
        await directory.write(`files/${key}`, contentOf(key));
        await directory.write(`media/${key}`, contentOf(key));
      }

      @Controller('files/*path')
      class FileController extends PathDownloadController {
        override root = root;
      }

      @Controller('storage/*path')
      class KeyController extends StorageDownloadController {}

      @Controller('media/*path')
      class MediaController extends StorageDownloadController {
        override storage = 'media';
      }

      @Controller('rows/:id')
      class RowController extends ObjectDownloadController<Row> {
        override repository = {
          findOne: async ({ where }: { where: { id?: string } }) =>
            ROWS.find(({ id }) => id === where.id) ?? null,
        };
      }

      site = await startBehindNginx(adapter, {
        backend: nginx({
          rules: [
            { sourceDir: `${root}/`, destination: '/_files/' },
            {
              sourceUrl: '/media/',
              destination: '/_media/',
              destinationDir: `${directory.path}/media/`,
            },
          ],
        }),
        options: {
          storages: {
            default: new FileSystemStorage({ root }),
            media: new FileSystemStorage({
              root: `${directory.path}/media`,
              baseUrl: '/media/',
            }),
          },
        },
        controllers: [
          FileController,
          KeyController,
          MediaController,
          RowController,
        ],
      });
    });

    afterAll(async () => {
      await site.stop();
      await directory.remove();
    });

    describe.each(ROUTES)('from $route', ({ location, urlOf }) => {
      it.each(DIFFICULT_FILE_NAMES)(
        'brings that very file under its own name: $title',
        async ({ name }) => {
          const answer = await site.through(urlOf(name));

          expect(answer).toMatchObject({ status: 200, text: contentOf(name) });
          const [disposition] = fieldLines(answer, 'content-disposition');
          expect(parseDisposition(disposition).parameters['filename*']).toBe(
            cleanFileName(name),
          );
        },
      );

      it.each(DIFFICULT_FILE_NAMES)(
        'brings the fields of a file, each once, and no other: $title',
        async ({ name }) => {
          const answer = await site.through(urlOf(name));

          expect(fieldNames(answer)).toEqual(FIELDS_OF_A_FILE);
        },
      );

      it.each(DIFFICULT_FILE_NAMES)(
        'leaves the file to nginx: $title',
        async ({ name }) => {
          const answer = await site.direct(urlOf(name));

          expect(answer).toMatchObject({ status: 200, text: '' });
          expect(fieldLines(answer, 'x-accel-redirect')).toEqual([
            expect.stringMatching(
              new RegExp(`^${location}(?:[\\w.~-]|%[0-9A-F]{2})+$`),
            ),
          ]);
        },
      );
    });

    it('brings a file with the longest of paths', async () => {
      const { headers } = await site.direct(rowOf(LONG_KEY));

      expect(headers['x-accel-redirect']?.length).toBeGreaterThan(11_000);
      expect(await site.through(rowOf(LONG_KEY))).toMatchObject({
        status: 200,
        text: contentOf(LONG_KEY),
      });
    });
  });
});
