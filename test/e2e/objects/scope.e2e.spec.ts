import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { Controller } from '@nestjs/common';
import { getRepositoryToken, InjectRepository } from '@nestjs/typeorm';
import {
  type DownloadRequest,
  MemoryStorage,
  ObjectDownloadController,
} from 'nestjs-downloadview';
import { Equal, In, IsNull, type Repository } from 'typeorm';

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
import { expectNotFound } from '../../support/files/not-found.js';

class Where {
  constructor(readonly slug?: string) {}
}

/** A user as the application may have it at hand: known by name, and not yet by id. */
function ownerWithoutId(): Owner {
  return Object.assign(new Owner(), { name: 'Ada' });
}

/** Queries that would find any row, or somebody else's. */
const INDEFINITE: Record<string, () => unknown> = {
  'undefined-field': () => ({ slug: undefined }),
  'null-field': () => ({ slug: null }),
  'one-undefined-field-of-two': () => ({ slug: 'document-1', id: undefined }),
  'one-null-field-of-two': () => ({ slug: 'document-1', ownerId: null }),
  'no-field': () => ({}),
  'no-prototype': () => Object.create(null) as unknown,
  'nothing-at-all': () => undefined,
  null: () => null,
  'later-nothing': () => Promise.resolve({ slug: undefined }),
  'undefined-nested-field': () => ({ owner: { id: undefined } }),
  'null-nested-field': () => ({ owner: { id: null, name: 'Ada' } }),
  'no-nested-field': () => ({ slug: 'document-1', owner: {} }),
  'no-alternative': () => [],
  'an-empty-alternative': () => [{ slug: 'missing' }, {}],
  'an-undefined-alternative': () => [{ slug: 'missing' }, undefined],
  'an-alternative-with-undefined': () => [
    { slug: 'missing' },
    { slug: undefined },
  ],
  'an-instance-with-undefined': () => new Where(),
  'an-owner-without-id': () => ({
    slug: 'document-1',
    owner: ownerWithoutId(),
  }),
  'an-owner-without-anything': () => ({
    slug: 'document-1',
    owner: new Owner(),
  }),
};

/** Queries that say what they want. */
const DEFINITE: Record<string, () => unknown> = {
  'a-field': () => ({ slug: 'document-1' }),
  'an-instance': () => new Where('document-1'),
  'later-a-field': () => Promise.resolve({ slug: 'document-1' }),
  'a-nested-field': () => ({ owner: { name: 'Ada' } }),
  'an-owner': () => ({ owner: Object.assign(ownerWithoutId(), { id: 7 }) }),
  alternatives: () => [{ slug: 'missing' }, { slug: 'document-1' }],
  'key-or-another': () => [{ id: '99' }, { id: '1' }],
  operators: () => ({ id: In([1, 99]), slug: Equal('document-1') }),
};

/** A query with operators that find nobody's rows. */
const EMPTY_OPERATORS: Record<string, () => unknown> = {
  'one-of-none': () => ({ id: In([]) }),
  'is-null': () => ({ slug: IsNull() }),
};

@Controller('where/:query')
class WhereController extends ObjectDownloadController<Document> {
  @InjectRepository(Document)
  override repository!: Repository<Document>;

  override getWhere({ params: { query } }: DownloadRequest): object {
    const queries = { ...INDEFINITE, ...DEFINITE, ...EMPTY_OPERATORS };
    return queries[String(query)]?.() as object;
  }
}

abstract class OwnController extends ObjectDownloadController<Document> {
  @InjectRepository(Document)
  override repository!: Repository<Document>;
}

/** Who asks is in a header, as a guard would know it. */
@Controller('own/:slug')
class OwnDocumentController extends OwnController {
  override async getWhere(request: DownloadRequest): Promise<object> {
    const { 'x-user': ownerId } = request.headers;
    return { ...(await super.getWhere(request)), ownerId };
  }
}

@Controller('nested/:slug')
class NestedOwnerController extends OwnController {
  override async getWhere(request: DownloadRequest): Promise<object> {
    const { 'x-user': id } = request.headers;
    return { ...(await super.getWhere(request)), owner: { id } };
  }
}

describeOnDatabases(
  'The scope of an ObjectDownloadController',
  ({ adapter, imports }) => {
    let running: RunningApplication;
    let repository: Repository<Document>;

    beforeAll(async () => {
      const storage = new MemoryStorage();
      for (const id of [1, 2, 3]) {
        await storage.save(`document-${id}.txt`, `Content of ${id}`);
      }
      running = await startApplication(adapter, {
        options: { storages: { default: storage } },
        imports: imports([Document, Owner]),
        controllers: [
          WhereController,
          OwnDocumentController,
          NestedOwnerController,
        ],
      });
      repository = running.app.get(getRepositoryToken(Document));
      await running.app.get<Repository<Owner>>(getRepositoryToken(Owner)).save([
        { id: 7, name: 'Ada' },
        { id: 8, name: 'Eve' },
      ]);
      await repository.save([
        documentRow(1, { ownerId: 7 }),
        documentRow(2, { ownerId: 8 }),
        documentRow(3, { ownerId: null }),
      ]);
    });

    afterEach(() => {
      jest.restoreAllMocks();
    });
    afterAll(() => running.close());

    const get = (
      path: string,
      headers?: Record<string, string>,
    ): Promise<HttpAnswer> => httpRequest(running.origin, path, { headers });

    it.each(Object.keys(INDEFINITE))(
      'asks the database for no row where the query is indefinite: %s',
      async (query) => {
        const findOne = jest.spyOn(repository, 'findOne');
        expectNotFound(await get(`/where/${query}`));
        expect(findOne).not.toHaveBeenCalled();
      },
    );

    it.each(Object.keys(DEFINITE))(
      'finds the row where the query is definite: %s',
      async (query) => {
        const findOne = jest.spyOn(repository, 'findOne');
        const { status, text } = await get(`/where/${query}`);
        expect({ status, text }).toEqual({ status: 200, text: 'Content of 1' });
        expect(findOne).toHaveBeenCalledTimes(1);
      },
    );

    it.each(Object.keys(EMPTY_OPERATORS))(
      'leaves operators to TypeORM: %s',
      async (query) => expectNotFound(await get(`/where/${query}`)),
    );

    describe.each(['/own', '/nested'])('where the owner asks at %s', (path) => {
      it('hands out a row of theirs', async () => {
        const answer = await get(`${path}/document-1`, { 'x-user': '7' });
        expect(answer.text).toBe('Content of 1');
        const other = await get(`${path}/document-2`, { 'x-user': '8' });
        expect(other.text).toBe('Content of 2');
      });

      it.each(['/document-2', '/document-3', '/missing'])(
        'has no row of another owner or of none: %s',
        async (row) => {
          expectNotFound(await get(path + row, { 'x-user': '7' }));
        },
      );

      it.each(['/document-1', '/document-2', '/document-3'])(
        'has no row for nobody: %s',
        async (row) => {
          const findOne = jest.spyOn(repository, 'findOne');
          expectNotFound(await get(path + row));
          expect(findOne).not.toHaveBeenCalled();
        },
      );

      it.each(['abc', '', '7 OR 1=1', '99999999999999', 'null'])(
        'has no row for somebody whose id is %p',
        async (user) => {
          expectNotFound(await get(`${path}/document-1`, { 'x-user': user }));
        },
      );
    });

    it.each(['07', '+7', '7.0', '7e0'])(
      'has no row for an owner whose id only looks like 7: %s',
      async (user) => {
        expectNotFound(await get('/own/document-1', { 'x-user': user }));
      },
    );
  },
);
