import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Type } from '@nestjs/common';
import { getRepositoryToken } from '@nestjs/typeorm';
import {
  FileSystemStorage,
  ObjectDownloadController,
} from 'nestjs-downloadview';
import { type Repository } from 'typeorm';

import {
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { describeOnDatabases } from '../../support/databases/databases.js';
import {
  Document,
  documentRow,
  Owner,
  uuidOf,
} from '../../support/databases/document.entity.js';
import {
  type HttpAnswer,
  httpRequest,
} from '../../support/clients/http-client.js';
import { expectNotFound } from '../../support/files/not-found.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';

const UNICODE = '日本 é+&%?#';

/** A route to documents, by the names of its parameters. */
function documents(
  path: string,
  options: Partial<
    Pick<
      ObjectDownloadController<Document>,
      'idParam' | 'idField' | 'slugParam' | 'slugField'
    >
  > = {},
): Type {
  return ObjectDownloadController.asController(path, {
    repository: getRepositoryToken(Document),
    ...options,
  });
}

describeOnDatabases(
  'ObjectDownloadController finds a row',
  ({ adapter, imports }) => {
    let directory: TemporaryDirectory;
    let running: RunningApplication;

    beforeAll(async () => {
      directory = await temporaryDirectory();
      running = await startApplication(adapter, {
        options: {
          storages: {
            default: new FileSystemStorage({ root: directory.path }),
          },
        },
        imports: imports([Document, Owner]),
        controllers: [
          documents('by-id/:id'),
          documents('by-slug/:slug'),
          documents('by-both/:id/:slug'),
          documents('by-uuid/:uuid', { idParam: 'uuid', idField: 'uuid' }),
          documents('by-serial/:id', { idField: 'serial' }),
          documents('custom/:number/:name', {
            idParam: 'number',
            idField: 'serial',
            slugParam: 'name',
            slugField: 'uuid',
          }),
          documents('by-path/*slug'),
          documents('by-id-and-path/:id/*slug'),
        ],
      });
      const repository: Repository<Document> = running.app.get(
        getRepositoryToken(Document),
      );
      await repository.save([
        documentRow(1),
        documentRow(2),
        documentRow(3, { slug: 'a/b' }),
        documentRow(4, { slug: '007' }),
        documentRow(5, { slug: UNICODE }),
        documentRow(10, { slug: 'no-file', file: null }),
        documentRow(11, { slug: 'empty-file', file: '' }),
        documentRow(12, { slug: 'gone', file: 'secret-place/gone.txt' }),
        documentRow(13, { slug: '' }),
      ]);
      for (const id of [1, 2, 3, 4, 5, 13]) {
        await directory.write(`document-${id}.txt`, `Content of ${id}`);
      }
    });

    afterAll(async () => {
      await running.close();
      await directory.remove();
    });

    const get = (path: string): Promise<HttpAnswer> =>
      httpRequest(running.origin, path);

    async function expectDocument(path: string, id: number): Promise<void> {
      const { status, headers, text } = await get(path);
      expect({ status, text }).toEqual({
        status: 200,
        text: `Content of ${id}`,
      });
      expect(headers).toHaveProperty(
        'content-disposition',
        expect.stringContaining(`filename="document-${id}.txt"`),
      );
    }

    it.each([
      ['its id', '/by-id/2', 2],
      ['its slug', '/by-slug/document-2', 2],
      ['a slug that looks like a number', '/by-slug/007', 4],
      [
        'a slug of any characters',
        `/by-slug/${encodeURIComponent(UNICODE)}`,
        5,
      ],
      ['its uuid', `/by-uuid/${uuidOf(2)}`, 2],
      ['a bigint', '/by-serial/2', 2],
      ['id and slug', '/by-both/2/document-2', 2],
      ['parameters and fields of other names', `/custom/2/${uuidOf(2)}`, 2],
      ['a slug of several segments', '/by-path/a/b', 3],
      ['a slug of one segment, by the same route', '/by-path/document-1', 1],
      ['id and a slug of several segments', '/by-id-and-path/3/a/b', 3],
    ])('by %s', (_by, path, id) => expectDocument(path, id));

    it('answers HEAD without a body', async () => {
      const answer = await httpRequest(running.origin, '/by-id/2', {
        method: 'HEAD',
      });
      expect(answer.status).toBe(200);
      expect(answer.headers['content-length']).toBe('12');
      expect(answer.text).toBe('');
    });

    it.each([
      ['no row has the id', '/by-id/99'],
      ['no row has the slug', '/by-slug/missing'],
      ['no row has the uuid', `/by-uuid/${uuidOf(99)}`],
      ['the slug is that of another row', '/by-both/1/document-2'],
      ['the id is that of another row', '/by-both/2/document-1'],
      ['a custom key is that of another row', `/custom/1/${uuidOf(2)}`],
      ['a path is that of another row', '/by-id-and-path/1/a/b'],
      ['a path is only the beginning of a slug', '/by-path/a'],
      ['a path is longer than a slug', '/by-path/a/b/c'],
      ['a slash of the slug is encoded', '/by-path/a%2Fb'],
      ['the slug has another case', '/by-slug/Document-1'],
      ['the slug has a blank too many', '/by-slug/document-1%20'],
      ['the row has no file', '/by-slug/no-file'],
      ["the row's file is an empty text", '/by-slug/empty-file'],
      ["the row's file is not on the disk", '/by-slug/gone'],
    ])('answers 404 where %s', async (_reason, path) => {
      const answer = await get(path);
      expectNotFound(answer);
      expect(answer.text).not.toContain(directory.path);
      expect(answer.text).not.toContain('secret-place');
    });

    it('answers HEAD with the same 404', async () => {
      const answer = await httpRequest(running.origin, '/by-id/99', {
        method: 'HEAD',
      });
      expect(answer.status).toBe(404);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.text).toBe('');
    });

    // The row with the empty slug is not to be found without a slug, nor is a row by half of its keys.
    describe('answers 404 to an empty segment', () => {
      it.each([
        '/by-id',
        '/by-id/',
        '/by-id//',
        '/by-slug',
        '/by-slug/',
        '/by-slug//',
        '/by-both/1',
        '/by-both/1/',
        '/by-both/1//',
        '/by-both//document-1',
        '/by-both//',
        '/by-path',
        '/by-path/',
        '/by-path//',
        '/by-id-and-path/13',
        '/by-id-and-path/13/',
        '/by-id-and-path/13//',
      ])('%s', async (path) => {
        expect((await get(path)).status).toBe(404);
      });
    });
  },
);
