import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Injectable } from '@nestjs/common';
import {
  type DownloadRequest,
  MemoryStorage,
  ObjectDownloadController,
  type ObjectRepository,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { httpRequest } from '../../support/clients/http-client.js';
import { expectNotFound } from '../../support/files/not-found.js';

interface Document {
  readonly id: number;
  readonly slug: string;
  readonly ownerId: number;
  readonly title: string;
  readonly key: string | null;
}

const DOCUMENTS: readonly Document[] = [
  { id: 1, slug: 'a', ownerId: 1, title: 'Plans', key: 'a.txt' },
  { id: 2, slug: 'b', ownerId: 2, title: 'Notes', key: 'b.txt' },
  { id: 3, slug: 'empty', ownerId: 1, title: 'Empty', key: null },
];

/** Rows of the process: equal fields are all that it knows. */
@Injectable()
class InMemoryDocuments implements ObjectRepository<Document> {
  findOne({ where }: { where: object }): Promise<Document | null> {
    const found = DOCUMENTS.find((document) =>
      Object.entries(where).every(([field, value]) =>
        // Keys of a route are text.
        Object.is(String(Reflect.get(document, field)), String(value)),
      ),
    );
    return Promise.resolve(found ?? null);
  }
}

type Where = Partial<Document>;

/**
 * What Prisma's client does with a query: a value of the wrong type is an error, `undefined` is no condition,
 * and findUnique() wants a unique field.
 */
class PrismaDelegate {
  findFirst({ where }: { where: Where }): Promise<Document | null> {
    const conditions = Object.entries(where).filter(
      ([, value]) => value !== undefined,
    );
    const found = DOCUMENTS.find((document) =>
      conditions.every(([field, value]) => {
        const actual: unknown = Reflect.get(document, field);
        if (typeof actual !== typeof value) {
          throw new Error(`PrismaClientValidationError: ${field}`);
        }
        return actual === value;
      }),
    );
    return Promise.resolve(found ?? null);
  }

  findUnique({ where }: { where: Where }): Promise<Document | null> {
    if (where.id === undefined && where.slug === undefined) {
      throw new Error('PrismaClientValidationError: at least one of id, slug');
    }
    return this.findFirst({ where });
  }
}

@Injectable()
class PrismaService {
  readonly document = new PrismaDelegate();
}

@Controller('in-memory/:id')
class InMemoryController extends ObjectDownloadController<Document> {
  override fileField = 'key';
  override basenameField = 'title';

  constructor(override readonly repository: InMemoryDocuments) {
    super();
  }
}

/** The delegate in the place of a repository: `where` is passed on. */
@Controller('prisma/:slug')
class PrismaController extends ObjectDownloadController<Document> {
  override fileField = 'key';
  override basenameField = 'title';

  constructor(prisma: PrismaService) {
    super();
    this.repository = {
      findOne: ({ where }) => prisma.document.findFirst({ where }),
    };
  }
}

/** With the scope of a user, who may not be known. */
@Controller('own/:slug')
class OwnController extends PrismaController {
  override async getWhere(request: DownloadRequest): Promise<object> {
    const user = request.headers['x-user'];
    return {
      ...(await super.getWhere(request)),
      ownerId: user === undefined ? undefined : Number(user),
    };
  }
}

@Controller('unique/:id')
class UniqueController extends ObjectDownloadController<Document> {
  override fileField = 'key';

  constructor(private readonly prisma: PrismaService) {
    super();
  }

  override getObject({ params }: DownloadRequest): Promise<Document | null> {
    const id = Number(params.id);
    return this.prisma.document.findUnique({ where: { id } });
  }
}

describe.each(ADAPTERS)('Repositories of no ORM on %s', (adapter) => {
  let running: RunningApplication;

  beforeAll(async () => {
    const storage = new MemoryStorage();
    for (const { key } of DOCUMENTS) {
      if (key !== null) await storage.save(key, `Content of ${key}`);
    }
    running = await startApplication(adapter, {
      options: { storages: { default: storage } },
      providers: [InMemoryDocuments, PrismaService],
      controllers: [
        InMemoryController,
        PrismaController,
        OwnController,
        UniqueController,
        ObjectDownloadController.asController('ready/:slug', {
          repository: InMemoryDocuments,
          fileField: 'key',
        }),
      ],
    });
  });

  afterAll(() => running.close());

  it.each([
    ['in memory', '/in-memory/1'],
    ['in memory, by a ready class', '/ready/a'],
    ['of Prisma, by findFirst()', '/prisma/a'],
    ['of Prisma, by findUnique()', '/unique/1'],
  ])('give the rows of files: %s', async (_what, path) => {
    const answer = await httpRequest(running.origin, path);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('Content of a.txt');
  });

  it.each(['/in-memory/2', '/prisma/b'])(
    'name the file by a field of theirs: %s',
    async (path) => {
      const { headers } = await httpRequest(running.origin, path);
      expect(headers['content-disposition']).toContain('filename="Notes.txt"');
    },
  );

  it.each([
    '/in-memory/4',
    '/in-memory/3',
    '/ready/c',
    '/prisma/c',
    '/prisma/empty',
    '/unique/4',
  ])('have no row, or no file in it: %s', async (path) => {
    expectNotFound(await httpRequest(running.origin, path));
  });

  it('find nothing of somebody else, and nothing for nobody', async () => {
    const get = (headers: Record<string, string>) =>
      httpRequest(running.origin, '/own/a', { headers });
    expect((await get({ 'X-User': '1' })).text).toBe('Content of a.txt');
    expectNotFound(await get({ 'X-User': '2' }));
    expectNotFound(await get({}));
  });
});
