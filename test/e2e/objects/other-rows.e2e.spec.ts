import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EntityRepository } from '@mikro-orm/core';
import { getRepositoryToken } from '@nestjs/typeorm';
import mongoose from 'mongoose';
import {
  type DownloadRequest,
  MemoryStorage,
  ObjectDownloadController,
  type ObjectRepository,
} from 'nestjs-downloadview';
import { type Repository } from 'typeorm';

import {
  ADAPTERS,
  type ApplicationParts,
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { bootError } from '../../support/boot-error.js';
import { describeOnDatabases } from '../../support/databases/databases.js';
import {
  Document,
  documentRow,
  Owner,
} from '../../support/databases/document.entity.js';
import { httpRequest } from '../../support/clients/http-client.js';
import { LogLines } from '../../support/log-lines.js';
import { expectNotFound } from '../../support/files/not-found.js';

const Model = mongoose.model(
  'Document',
  new mongoose.Schema({ slug: String, file: String }, { strictQuery: true }),
);

/** One that gives its first row whatever it is asked. */
const FIRST_ROW: ObjectRepository<{ slug: string; file: string | null }> = {
  findOne: () => Promise.resolve({ slug: 'first', file: 'first.txt' }),
};

function withRepository(
  repository: unknown,
  options: Record<string, unknown> = {},
): ApplicationParts {
  const token = Symbol('repository');
  return {
    providers: [{ provide: token, useValue: repository }],
    controllers: [
      ObjectDownloadController.asController('documents/:slug', {
        repository: token,
        ...options,
      }),
    ],
  };
}

describe.each(ADAPTERS)(
  'A repository of another language, on %s',
  (adapter) => {
    it('is refused at boot: a model of Mongoose', async () => {
      const error = await bootError(adapter, withRepository(Model));
      expect(error.message).toContain(
        `.repository": 'a model of Mongoose' was`,
      );
      expect(error.message).toContain(`override getObject():
async getObject(request: DownloadRequest) {
  return this.documents.findOne(await this.getWhere(request), null, { strictQuery: 'throw' });
}`);
    });

    it('is refused at boot: a repository of MikroORM', async () => {
      const repository = new EntityRepository({} as never, 'Document');
      const error = await bootError(adapter, withRepository(repository));
      expect(error.message).toContain('a repository of MikroORM');
      expect(error.message).toContain(`override getObject():
async getObject(request: DownloadRequest) {
  return this.documents.findOne(await this.getWhere(request));
}`);
    });

    it('is refused at boot: a collection of MongoDB', async () => {
      const { collection } = Model;
      const error = await bootError(adapter, withRepository(collection));
      expect(error.message).toContain('a collection of MongoDB');
    });

    describe('that nobody knows', () => {
      const log = new LogLines();
      let running: RunningApplication;

      beforeAll(async () => {
        const storage = new MemoryStorage();
        await storage.save('first.txt', 'Content of somebody else');
        running = await startApplication(adapter, {
          options: { storages: { default: storage } },
          ...withRepository(FIRST_ROW),
          configure: (app) => app.useLogger(log),
        });
      });

      afterAll(() => running.close());

      it('gives no file of another key, but an error line', async () => {
        const first = await httpRequest(running.origin, '/documents/First');
        expect(first.text).toBe('Content of somebody else');
        expect(log.of('error')).toEqual([]);
        expectNotFound(await httpRequest(running.origin, '/documents/second'));
        expect(log.of('error')).toEqual([
          expect.stringContaining(
            "The repository was asked for a row by 'slug', and gave one with another or none: the answer is 404.",
          ),
        ]);
      });
    });

    describe('whose rows have no such field', () => {
      const log = new LogLines();
      let running: RunningApplication;

      beforeAll(async () => {
        running = await startApplication(adapter, {
          ...withRepository(FIRST_ROW, { fileField: 'flie' }),
          configure: (app) => app.useLogger(log),
        });
      });

      afterAll(() => running.close());

      it('is an error that names it', async () => {
        const answer = await httpRequest(running.origin, '/documents/first');
        expect(answer.status).toBe(500);
        expect(log.of('error').join()).toContain(
          `fileField": 'flie' was given. The row has no such field; one that is empty is null. It has slug, file.`,
        );
      });
    });
  },
);

class OwnDocuments extends ObjectDownloadController<Document> {
  /** TypeORM drops a condition on a relation that is no object, and gives the first row. */
  override async getWhere(request: DownloadRequest): Promise<object> {
    const owner = Number(request.headers['x-user']);
    return { ...(await super.getWhere(request)), owner };
  }
}

/** The whole scope, without a key. */
class OwnDocument extends ObjectDownloadController<Document> {
  override getWhere(request: DownloadRequest): object {
    return { owner: Number(request.headers['x-user']) };
  }
}

describeOnDatabases('A repository of TypeORM', ({ adapter, imports }) => {
  const repository = getRepositoryToken(Document);

  it.each<[string, object]>([
    ['fileField', { fileField: 'flie' }],
    ['slugField', { slugField: 'slgu' }],
    ['basenameField', { basenameField: 'titel' }],
    ['etagField', { etagField: 'hsah' }],
  ])('does not boot with a wrong %s', async (option, options) => {
    const error = await bootError(adapter, {
      imports: imports([Document, Owner]),
      controllers: [
        ObjectDownloadController.asController('documents/:slug', {
          repository,
          ...options,
        }),
      ],
    });
    expect(error.message).toMatch(
      new RegExp(
        `${option}": '\\w+' was given\\. Document has no such field\\. It has id, serial, uuid, slug, file,`,
      ),
    );
  });

  it.each([OwnDocuments, OwnDocument])(
    'gives nobody the file of another owner: %p',
    async (controller) => {
      const storage = new MemoryStorage();
      await storage.save('document-1.txt', 'Content of somebody else');
      const log = new LogLines();
      const running = await startApplication(adapter, {
        options: { storages: { default: storage } },
        imports: imports([Document, Owner]),
        controllers: [controller.asController('own/:slug', { repository })],
        configure: (app) => app.useLogger(log),
      });
      try {
        const documents = running.app.get<Repository<Document>>(repository);
        await documents.manager.save(Owner, [
          { id: 1, name: 'Ada' },
          { id: 2, name: 'Bob' },
        ]);
        await documents.save(documentRow(1, { ownerId: 1 }));
        const headers = { 'X-User': '2' };
        const path = '/own/document-1';
        const answer = await httpRequest(running.origin, path, { headers });
        expectNotFound(answer);
        expect(log.of('error').join()).toContain("asked for a row by 'owner'");
      } finally {
        await running.close();
      }
    },
  );
});
