import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Inject, Injectable, type Type } from '@nestjs/common';
import {
  ContentFile,
  type DownloadRequest,
  InvalidOptionsError,
  MemoryStorage,
  ObjectDownloadController,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { bootError } from '../../support/boot-error.js';
import { httpRequest } from '../../support/clients/http-client.js';
import { expectNotFound } from '../../support/files/not-found.js';

interface Note {
  id: number;
  slug: string;
  file: string;
}

const NOTES = new Map<string, Note>(
  ['first', 'second'].map((slug, id) => [slug, { id, slug, file: slug }]),
);

/** The part of a Prisma client that is used. */
@Injectable()
class PrismaService {
  readonly note = {
    findUnique: ({
      where: { slug },
    }: {
      where: { slug: string };
    }): Promise<Note | null> => Promise.resolve(NOTES.get(slug) ?? null),
  };
}

@Controller('prisma/:slug')
class PrismaController extends ObjectDownloadController<Note> {
  @Inject(PrismaService)
  private readonly prisma!: PrismaService;

  override getObject({ params }: DownloadRequest): Promise<Note | null> {
    return this.prisma.note.findUnique({
      where: { slug: String(params.slug) },
    });
  }
}

/** No route parameter either: it is the session that says which. */
@Controller('map')
class MapController extends ObjectDownloadController<Note> {
  override getObject({ headers }: DownloadRequest): Note | null {
    return NOTES.get(String(headers['x-note'])) ?? null;
  }
}

@Controller('undefined')
class UndefinedController extends ObjectDownloadController<Note> {
  override getObject(): Note | null {
    return NOTES.get('missing') as Note | null;
  }
}

@Controller('file-of/:slug')
class FileOfController extends PrismaController {
  override storage = 'no such storage, and none is needed';

  override getFileOf({ slug }: Note): ContentFile {
    return new ContentFile(`Made of ${slug}`, { name: 'made.txt' });
  }
}

@Controller('storage-of-its-own/:slug')
class OwnStorageController extends PrismaController {
  override storage = 'no such storage, and none is needed';
  readonly #own = new MemoryStorage();

  override async getStorage(): Promise<MemoryStorage> {
    if (!(await this.#own.exists('first'))) {
      await this.#own.save('first', 'Own first');
    }
    return this.#own;
  }
}

describe.each(ADAPTERS)('Rows without a repository on %s', (adapter) => {
  let running: RunningApplication;

  beforeAll(async () => {
    const storage = new MemoryStorage();
    for (const [slug] of NOTES) await storage.save(slug, `Content of ${slug}`);
    running = await startApplication(adapter, {
      options: { storages: { default: storage } },
      providers: [PrismaService],
      controllers: [
        PrismaController,
        MapController,
        UndefinedController,
        FileOfController,
        OwnStorageController,
      ],
    });
  });

  afterAll(() => running.close());

  it('come from a client like that of Prisma', async () => {
    const { status, text } = await httpRequest(running.origin, '/prisma/first');
    expect({ status, text }).toEqual({ status: 200, text: 'Content of first' });
  });

  it('come from a map, without any promise', async () => {
    const { status, text } = await httpRequest(running.origin, '/map', {
      headers: { 'X-Note': 'second' },
    });
    expect({ status, text }).toEqual({
      status: 200,
      text: 'Content of second',
    });
  });

  it.each(['/prisma/missing', '/map', '/undefined'])(
    'are missing where null or undefined comes: %s',
    async (path) => {
      expectNotFound(await httpRequest(running.origin, path));
    },
  );

  it('become files by getFileOf()', async () => {
    const { text } = await httpRequest(running.origin, '/file-of/first');
    expect(text).toBe('Made of first');
  });

  it('lie in the storage of getStorage()', async () => {
    const { text } = await httpRequest(
      running.origin,
      '/storage-of-its-own/first',
    );
    expect(text).toBe('Own first');
  });
});

const repository = { findOne: () => Promise.resolve(null) };

@Controller('notes/:id')
class NoteController extends ObjectDownloadController<Note> {}

@Controller('notes')
class RouteController extends ObjectDownloadController<Note> {
  override repository = repository;
}

@Controller('notes/:id')
class StorageController extends ObjectDownloadController<Note> {
  override repository = repository;
  override storage = 'archive';
}

@Controller('notes')
class WhereController extends RouteController {
  override getWhere(): object {
    return { id: 1 };
  }
}

describe.each(ADAPTERS)('The boot on %s', (adapter) => {
  const options = { storages: { default: new MemoryStorage() } };

  async function expectStop(
    controller: Type,
    option: string,
    hint: string,
  ): Promise<void> {
    const error = await bootError(adapter, {
      options,
      controllers: [controller],
    });
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(error).toMatchObject({
      option,
      message: expect.stringContaining(hint),
    });
  }

  async function boot(
    controller: Type,
    given: object = options,
  ): Promise<void> {
    const running = await startApplication(adapter, {
      options: given,
      controllers: [controller],
    });
    await running.close();
  }

  it('stops without a repository', () =>
    expectStop(
      NoteController,
      'NoteController.repository',
      'override getObject()',
    ));

  it.each([
    ['null', null],
    ['an object that finds nothing', { find: () => Promise.resolve([]) }],
    ['findOne that is no method', { findOne: true }],
  ])('stops with a repository that is %s', async (_what, wrong) => {
    @Controller('notes/:id')
    class WrongController extends ObjectDownloadController<Note> {
      override repository = wrong as never;
    }
    await expectStop(
      WrongController,
      'WrongController.repository',
      'findOne({ where })',
    );
  });

  it('stops where the route has neither id nor slug, and names both', async () => {
    await expectStop(RouteController, 'RouteController.idParam', ':id');
    await expectStop(RouteController, 'RouteController.idParam', ':slug');
    await expectStop(
      ObjectDownloadController.asController('notes/:slug', {
        repository,
        idParam: 'number',
        slugParam: 'name',
      }),
      'ObjectDownloadController.idParam',
      'neither :number nor :name',
    );
  });

  it.each(['notes/:id', 'notes/:slug', 'notes/*slug', 'notes/:id/:slug'])(
    'goes on where the route has one: %s',
    async (path) => {
      const controller = ObjectDownloadController.asController(path, {
        repository,
      });
      await boot(controller);
    },
  );

  it('goes on where getWhere() needs neither', async () => {
    await boot(WhereController);
  });

  it('stops where there is no storage of that name, and names those that are', () =>
    expectStop(StorageController, 'storage', 'default'));

  it('goes on without any storage, since fields may hold files', async () => {
    const controller = ObjectDownloadController.asController('notes/:id', {
      repository,
    });
    await boot(controller, {});
  });

  it.each([
    ['that there is not', { slugFeild: 'name' }, 'slugFeild'],
    ['of another controller', { root: '/srv' }, 'root'],
  ])('is not even reached with an option %s', (_, wrong, name) => {
    const options = { repository, ...wrong };
    expect(() =>
      ObjectDownloadController.asController('notes/:id', options),
    ).toThrow(`"ObjectDownloadController.${name}"`);
  });
});
