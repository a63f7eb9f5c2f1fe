import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { getDataSourceToken, getRepositoryToken } from '@nestjs/typeorm';
import { MemoryStorage, ObjectDownloadController } from 'nestjs-downloadview';
import { type DataSource, type Repository } from 'typeorm';

import {
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { describeOnDatabases } from '../../support/databases/databases.js';
import {
  Document,
  documentRow,
  Owner,
} from '../../support/databases/document.entity.js';
import {
  type HttpAnswer,
  httpRequest,
} from '../../support/clients/http-client.js';

describeOnDatabases(
  'A database error that the key is not to blame for',
  ({ adapter, imports }) => {
    let running: RunningApplication;
    let dataSource: DataSource;

    beforeEach(async () => {
      const storage = new MemoryStorage();
      await storage.save('document-1.txt', 'Content of 1');
      const repository = getRepositoryToken(Document);
      running = await startApplication(adapter, {
        options: { storages: { default: storage } },
        imports: imports([Document, Owner]),
        controllers: [
          ObjectDownloadController.asController('by-id/:id', { repository }),
        ],
      });
      dataSource = running.app.get(getDataSourceToken());
      await running.app
        .get<Repository<Document>>(repository)
        .save(documentRow(1));
    });

    afterEach(() => running.close());

    async function expectError(
      path: string,
      headers?: Record<string, string>,
    ): Promise<HttpAnswer> {
      const answer = await httpRequest(running.origin, path, { headers });
      expect(answer.status).toBe(500);
      expect(JSON.parse(answer.text)).toEqual({
        statusCode: 500,
        message: 'Internal server error',
      });
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers).not.toHaveProperty('content-disposition');
      return answer;
    }

    it('is 500 where the table is gone', async () => {
      await dataSource.query('DROP TABLE "document"');
      await expectError('/by-id/1');
    });

    it('is 500 where a column is gone', async () => {
      await dataSource.query('ALTER TABLE "document" DROP COLUMN "file"');
      await expectError('/by-id/1');
    });

    it('is 500 where the connection is closed', async () => {
      await dataSource.destroy();
      await expectError('/by-id/1');
    });

    it('is 500 to a conditional request too', async () => {
      const { headers } = await httpRequest(running.origin, '/by-id/1');
      await dataSource.query('DROP TABLE "document"');
      await expectError('/by-id/1', {
        'If-None-Match': headers.etag ?? '',
        Range: 'bytes=0-1',
      });
    });

    it('is 500 to HEAD too, without a body', async () => {
      await dataSource.query('DROP TABLE "document"');
      const answer = await httpRequest(running.origin, '/by-id/1', {
        method: 'HEAD',
      });
      expect(answer.status).toBe(500);
      expect(answer.text).toBe('');
    });
  },
);
