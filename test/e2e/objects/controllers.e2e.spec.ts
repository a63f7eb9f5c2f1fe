import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Injectable,
  Scope,
  UseGuards,
  VersioningType,
} from '@nestjs/common';
import { getRepositoryToken, InjectRepository } from '@nestjs/typeorm';
import {
  ContentFile,
  type DownloadRequest,
  MemoryStorage,
  ObjectDownloadController,
  StorageFile,
} from 'nestjs-downloadview';
import {
  AfterLoad,
  BaseEntity,
  Column,
  Entity,
  PrimaryColumn,
  Repository,
} from 'typeorm';

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

/** A storage that the module knows nothing of. */
const archive = new MemoryStorage();

/** Makes its files itself, each in another way. */
@Entity()
class Picture extends BaseEntity {
  @PrimaryColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'varchar' })
  key!: string;

  @Column({
    type: 'varchar',
    transformer: {
      to: (file: StorageFile) => file.key,
      from: (key: string) => new StorageFile(archive, key, { name: 'a.png' }),
    },
  })
  transformed!: StorageFile;

  loaded?: StorageFile;

  @AfterLoad()
  load(): void {
    this.loaded = new StorageFile(archive, this.key);
  }

  get content(): ContentFile {
    return new ContentFile(`Made for ${this.id}`, { name: 'made.txt' });
  }
}

@Injectable()
class KeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<DownloadRequest>();
    return headers['x-key'] === 'open sesame';
  }
}

/** Finds rows in its own way. */
@Injectable()
class PublicDocuments {
  constructor(
    @InjectRepository(Document)
    private readonly documents: Repository<Document>,
  ) {}

  findOne({ where }: { where: object }): Promise<Document | null> {
    return this.documents.findOneBy({ ...where, slug: 'document-1' });
  }
}

@Controller('by-constructor/:id')
class ConstructorController extends ObjectDownloadController<Document> {
  constructor(
    @InjectRepository(Document) readonly repository: Repository<Document>,
  ) {
    super();
  }
}

@Controller('by-property/:id')
class PropertyController extends ObjectDownloadController<Document> {
  @InjectRepository(Document)
  override repository!: Repository<Document>;
}

@Controller({ path: 'each-request/:id', scope: Scope.REQUEST })
class RequestScopedController extends ObjectDownloadController<Document> {
  static made = 0;

  constructor(
    @InjectRepository(Document)
    override readonly repository: Repository<Document>,
  ) {
    super();
    RequestScopedController.made += 1;
  }
}

@Controller({ path: 'each-request-by-property/:id', scope: Scope.REQUEST })
class RequestScopedPropertyController extends PropertyController {}

@Controller('active-record/:id')
class ActiveRecordController extends ObjectDownloadController<Picture> {
  override repository = Picture;
  override fileField = 'loaded';
}

describeOnDatabases('An ObjectDownloadController', ({ adapter, imports }) => {
  let running: RunningApplication;

  beforeAll(async () => {
    const documents = getRepositoryToken(Document);
    const pictures = getRepositoryToken(Picture);
    const storage = new MemoryStorage();
    for (const id of [1, 2]) {
      await storage.save(`document-${id}.txt`, `Content of ${id}`);
    }
    if (!(await archive.exists('1.png'))) await archive.save('1.png', 'Image');

    running = await startApplication(adapter, {
      options: { storages: { default: storage } },
      imports: imports([Document, Owner, Picture]),
      providers: [PublicDocuments],
      controllers: [
        ConstructorController,
        PropertyController,
        RequestScopedController,
        RequestScopedPropertyController,
        ActiveRecordController,
        ObjectDownloadController.asController('by-token/:id', {
          repository: documents,
        }),
        ObjectDownloadController.asController('by-class/:id', {
          repository: PublicDocuments,
        }),
        ObjectDownloadController.asController('by-object/:id', {
          repository: {
            findOne: (options) =>
              running.app.get<Repository<Document>>(documents).findOne(options),
          },
        }),
        ObjectDownloadController.asController('guarded/:id', {
          repository: documents,
          decorators: [UseGuards(KeyGuard)],
        }),
        ObjectDownloadController.asController(['first/:id', 'second/:slug'], {
          repository: documents,
        }),
        ObjectDownloadController.asController(
          { path: 'versioned/:id', version: '2' },
          { repository: documents },
        ),
        ObjectDownloadController.asController(
          { path: 'scoped/:id', scope: Scope.REQUEST },
          { repository: documents },
        ),
        ConstructorController.asController('subclass/:id', {
          attachment: false,
        }),
        ...['transformed', 'loaded', 'content', 'key', 'id'].map((fileField) =>
          ObjectDownloadController.asController(`pictures/${fileField}/:id`, {
            repository: pictures,
            fileField,
          }),
        ),
      ],
      configure: (app) => app.enableVersioning({ type: VersioningType.URI }),
    });
    await running.app
      .get<Repository<Document>>(documents)
      .save([documentRow(1), documentRow(2)]);
    await running.app.get<Repository<Picture>>(pictures).save({
      id: 1,
      key: '1.png',
      transformed: new StorageFile(archive, '1.png'),
    });
  });

  afterAll(() => running.close());

  const get = (
    path: string,
    headers?: Record<string, string>,
  ): Promise<HttpAnswer> => httpRequest(running.origin, path, { headers });

  it.each([
    ['its constructor', '/by-constructor'],
    ['a property', '/by-property'],
    ['the constructor of each request', '/each-request'],
    ['a property of each request', '/each-request-by-property'],
    ['asController() and its token', '/by-token'],
    ['asController() and a class', '/by-class'],
    ['asController() as an object', '/by-object'],
    ['asController() for each request', '/scoped'],
    ['the class that asController() extends', '/subclass'],
  ])('gets its repository by %s', async (_by, path) => {
    const found = await get(`${path}/1`);
    expect(found.status).toBe(200);
    expect(found.text).toBe('Content of 1');
    expectNotFound(await get(`${path}/99`));
  });

  it('is made for each request where the application wants that', async () => {
    const { made } = RequestScopedController;
    await get('/each-request/1');
    await get('/each-request/2');
    expect(RequestScopedController.made).toBe(made + 2);
  });

  it('asks the repository that it was given, and no other', async () => {
    expect((await get('/by-class/1')).status).toBe(200);
    expectNotFound(await get('/by-class/2'));
  });

  it('takes an active record for a repository', async () => {
    expect((await get('/active-record/1')).text).toBe('Image');
    expectNotFound(await get('/active-record/99'));
  });

  describe('of asController()', () => {
    it('has the decorators that it was given', async () => {
      expect((await get('/guarded/1')).status).toBe(403);
      const answer = await get('/guarded/1', { 'X-Key': 'open sesame' });
      expect(answer.text).toBe('Content of 1');
    });

    it('is asked for a row only after its guards', async () => {
      expect((await get('/guarded/99')).status).toBe(403);
      expect((await get('/guarded/abc')).status).toBe(403);
    });

    it('has several routes', async () => {
      expect((await get('/first/2')).text).toBe('Content of 2');
      expect((await get('/second/document-2')).text).toBe('Content of 2');
    });

    it("takes Nest's options for its path", async () => {
      expect((await get('/v2/versioned/1')).text).toBe('Content of 1');
      expect((await get('/versioned/1')).status).toBe(404);
    });

    it('sets the properties of a subclass', async () => {
      const { headers } = await get('/subclass/1');
      expect(headers['content-disposition']).toMatch(/^inline;/);
    });
  });

  describe('takes the file from a field', () => {
    it.each([
      ['that a transformer fills', 'transformed', 'Image', 'a.png'],
      ['that is filled after the row is loaded', 'loaded', 'Image', '1.png'],
      ['that is a getter', 'content', 'Made for 1', 'made.txt'],
    ])('%s', async (_how, field, content, name) => {
      const { status, headers, text } = await get(`/pictures/${field}/1`);
      expect({ status, text }).toEqual({ status: 200, text: content });
      expect(headers['content-disposition']).toContain(`filename="${name}"`);
    });

    it('that holds the key of another storage, and finds nothing', async () => {
      expectNotFound(await get('/pictures/key/1'));
    });

    it('that can hold no file, and says so in the log only', async () => {
      const { status, text } = await get('/pictures/id/1');
      expect({ status, body: JSON.parse(text) as unknown }).toEqual({
        status: 500,
        body: { statusCode: 500, message: 'Internal server error' },
      });
    });
  });
});
