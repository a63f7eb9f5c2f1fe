import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getRepositoryToken } from '@nestjs/typeorm';
import { MemoryStorage, ObjectDownloadController } from 'nestjs-downloadview';
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
import { httpRequest } from '../../support/clients/http-client.js';
import { expectNotFound } from '../../support/files/not-found.js';

/** What databases make row 1 of, or an error, where the column is a number. */
const NO_NUMBERS = [
  'abc',
  '1abc',
  'abc1',
  '1.0',
  '1.5',
  '1e0',
  '01',
  '0x1',
  '1_0',
  '-1',
  '-0',
  '%2B1',
  '+1',
  '%201',
  '1%20',
  '%091',
  '1%0A',
  '%C2%A01',
  '%EF%BC%91',
  '99999999999999',
  '99999999999999999999999999',
  '-99999999999999',
  '2147483648',
  'NaN',
  'Infinity',
  'undefined',
  'null',
  'true',
  '[object%20Object]',
  '%7B%22$ne%22:0%7D',
  '%00',
  '1%00',
  '%F0%9F%98%80',
  '9'.repeat(90),
];

const NO_UUIDS = [
  '1',
  'abc',
  'null',
  '%00',
  uuidOf(1).slice(0, -1),
  `${uuidOf(1)}0`,
  uuidOf(1).replaceAll('-', ''),
  `%7B${uuidOf(1)}%7D`,
  `${uuidOf(1)}%20`,
  uuidOf(1).replace('0', 'g'),
];

const INJECTIONS = [
  "1' OR '1'='1",
  "document-1' --",
  "' UNION SELECT * FROM document --",
  '1; DROP TABLE document',
  "1'); DELETE FROM document; --",
  '1 OR 1=1',
  '$1',
  ':id',
  ':orm_param_0',
  '?',
  '%',
  'document-_',
  'document-%',
].map(encodeURIComponent);

const LONG = ['1', 'a'].map((character) => character.repeat(4000));

describeOnDatabases(
  'A key that no row can have is 404',
  ({ adapter, imports }) => {
    let running: RunningApplication;

    beforeAll(async () => {
      const repository = getRepositoryToken(Document);
      const storage = new MemoryStorage();
      await storage.save('document-1.txt', 'Content of 1');
      running = await startApplication(adapter, {
        options: { storages: { default: storage } },
        imports: imports([Document, Owner]),
        controllers: [
          ObjectDownloadController.asController('id/:id', { repository }),
          ObjectDownloadController.asController('serial/:id', {
            repository,
            idField: 'serial',
          }),
          ObjectDownloadController.asController('uuid/:id', {
            repository,
            idField: 'uuid',
          }),
          ObjectDownloadController.asController('slug/:slug', { repository }),
          ObjectDownloadController.asController('path/*id', { repository }),
          ObjectDownloadController.asController('both/:id/:slug', {
            repository,
          }),
        ],
      });
      const documents: Repository<Document> = running.app.get(repository);
      await documents.save([documentRow(1), documentRow(2)]);
    });

    afterAll(() => running.close());

    async function expectNoRow(path: string): Promise<void> {
      expectNotFound(await httpRequest(running.origin, path));
    }

    it.each([
      '/id/1',
      '/serial/1',
      `/uuid/${uuidOf(1)}`,
      '/slug/document-1',
      '/path/1',
      '/both/1/document-1',
    ])('while %s finds its row', async (path) => {
      const { status, text } = await httpRequest(running.origin, path);
      expect({ status, text }).toEqual({ status: 200, text: 'Content of 1' });
    });

    describe.each(['/id', '/serial'])('by number at %s', (path) => {
      it.each(NO_NUMBERS)('%s', (key) => expectNoRow(`${path}/${key}`));
    });

    it.each(NO_UUIDS)('by uuid: %s', (key) => expectNoRow(`/uuid/${key}`));

    it.each(['1abc', '%201', '01', 'abc', '99999999999999'])(
      'by id and slug, the id being %s',
      (key) => expectNoRow(`/both/${key}/document-1`),
    );

    it('and spoils no query that comes after it', async () => {
      for (const key of ['abc', '99999999999999', '1']) {
        await httpRequest(running.origin, `/id/${key}`);
      }
      const { text } = await httpRequest(running.origin, '/id/1');
      expect(text).toBe('Content of 1');
    });

    it.each(LONG)('by 4000 characters', async (key) => {
      await expectNoRow(`/path/${key}`);
      for (const path of ['/id', '/serial', '/uuid', '/slug']) {
        const { status } = await httpRequest(running.origin, `${path}/${key}`);
        // Fastify refuses long parameters before anybody else sees them.
        expect(adapter === 'fastify' ? [404, 414] : [404]).toContain(status);
      }
    });

    describe.each(['/id', '/slug', '/uuid'])('by SQL at %s', (path) => {
      it.each(INJECTIONS)('%s', (key) => expectNoRow(`${path}/${key}`));
    });
  },
);
