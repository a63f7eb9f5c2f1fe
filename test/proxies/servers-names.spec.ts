import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import {
  FileSystemStorage,
  ObjectDownloadController,
  PathDownloadController,
  StorageDownloadController,
} from 'nestjs-downloadview';

import { cleanFileName } from '../../lib/http/content-disposition.js';
import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import { DIFFICULT_FILE_NAMES } from '../support/files/difficult-file-names.js';
import { type HttpAnswer } from '../support/clients/http-client.js';
import { fieldLines } from '../support/clients/http-fields.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { describeAllServers } from '../support/servers/tested-servers.js';
import { parseDisposition } from '../unit/http/parse-disposition.js';

interface Row {
  readonly id: string;
  readonly file: string;
}

const NAMES = [
  ...DIFFICULT_FILE_NAMES,
  // What a server would make of other names.
  { title: 'one as decoded', name: 'aAb' },
  { title: 'one with underscores', name: 'a_b.txt' },
  // Servers take blanks off the end of a field, and these bytes are blanks to some.
  { title: 'a byte A0 at the end', name: 'voil\u00E0' },
  { title: 'a byte 85 at the end', name: 'a\u0105' },
];
/** Almost as long as a path may be, and every byte of it is three bytes long in a URI. */
const LONG_KEY = `${`${'\u00E9'.repeat(120)}/`.repeat(15)}a.txt`;
const KEYS = [...NAMES.map(({ name }) => name), LONG_KEY];
const ROWS: readonly Row[] = KEYS.map((file, index) => ({
  id: String(index),
  file,
}));
const rowOf = (key: string): string => `/rows/${KEYS.indexOf(key)}`;

const contentOf = (name: string): string => `This is ${JSON.stringify(name)}\n`;

/** By a directory, by a storage, by a storage with URLs, and by a row. */
const urlsOf = (name: string): string[] => [
  ...['files', 'storage', 'media'].map(
    (route) => `/${route}/${encodeURIComponent(name)}`,
  ),
  rowOf(name),
];

/** The table runs in full on one adapter; what may differ on the other is how the name comes in. */
const REPRESENTATIVE =
  /^(?:per cent|percent at the end|question mark and a query|blank at the end|a coded NUL|Japanese|emoji|newline at the end|semicolon)$/;

describeAllServers('file names', (server, adapter) => {
  const names = NAMES.filter(
    ({ title }) => adapter === 'express' || REPRESENTATIVE.test(title),
  );
  let directory: TemporaryDirectory;
  let site: ServedSite;

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

    site = await startBehind(server.kind, adapter, {
      backend: server.backend([
        { sourceDir: root },
        { sourceUrl: '/media/', destinationDir: `${directory.path}/media/` },
      ]),
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

  function ask(way: 'through' | 'direct', name: string): Promise<HttpAnswer[]> {
    return Promise.all(urlsOf(name).map((url) => site[way](url)));
  }

  it.each(names)(
    'brings that very file under its own name, by the server where that can be told it: $title',
    async ({ name }) => {
      for (const answer of await ask('through', name)) {
        expect(answer).toMatchObject({ status: 200, text: contentOf(name) });
        const [disposition] = fieldLines(answer, 'content-disposition');
        expect(parseDisposition(disposition).parameters['filename*']).toBe(
          cleanFileName(name),
        );
      }
      const isTold = !server.untold.test(name);
      for (const answer of await ask('direct', name)) {
        expect(answer.text).toBe(isTold ? '' : contentOf(name));
        expect(fieldLines(answer, server.offloadHeader)).toHaveLength(
          isTold ? 1 : 0,
        );
      }
    },
  );

  it('brings a file with the longest of paths', async () => {
    const { headers } = await site.direct(rowOf(LONG_KEY));

    expect(headers[server.offloadHeader]?.length).toBeGreaterThan(3600);
    expect(await site.through(rowOf(LONG_KEY))).toMatchObject({
      status: 200,
      text: contentOf(LONG_KEY),
    });
  });
});
