// Compiled by `npm run typecheck`, and never run: what applications write must compile under `strict`.

import {
  type CanActivate,
  Controller,
  Scope,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { getRepositoryToken, InjectRepository } from '@nestjs/typeorm';
import {
  ContentFile,
  DownloadController,
  type DownloadFile,
  type DownloadRequest,
  DownloadResponse,
  type DownloadStorage,
  type FileNotFoundError,
  HttpDownloadController,
  MemoryStorage,
  ObjectDownloadController,
  type ObjectRepository,
  PathDownloadController,
  type ResponseHeaders,
  StorageDownloadController,
  StorageFile,
} from 'nestjs-downloadview';
import { BaseEntity, type Repository } from 'typeorm';

class Document {
  id!: number;
  slug!: string;
  file!: string;
}

class ActiveDocument extends BaseEntity {
  id!: number;
  file!: string;
}

class AuthGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

type UserRequest = DownloadRequest & { user: { id: number } };

// ---- Repositories

@Controller('documents/:slug')
export class ByParameterProperty extends ObjectDownloadController<Document> {
  constructor(
    @InjectRepository(Document) readonly repository: Repository<Document>,
  ) {
    super();
  }
}

@Controller('documents/:slug')
export class ByOverriddenParameterProperty extends ObjectDownloadController<Document> {
  constructor(
    @InjectRepository(Document)
    override readonly repository: Repository<Document>,
  ) {
    super();
  }
}

@Controller('documents/:slug')
export class ByProperty extends ObjectDownloadController<Document> {
  @InjectRepository(Document)
  override repository!: Repository<Document>;
}

@Controller('documents/:slug')
export class ByAssignment extends ObjectDownloadController<Document> {
  constructor(@InjectRepository(Document) documents: Repository<Document>) {
    super();
    this.repository = documents;
    this.storage = 'archive';
  }
}

@Controller('documents/:id')
export class ByActiveRecord extends ObjectDownloadController<ActiveDocument> {
  override repository = ActiveDocument;
}

export function assigned(
  controller: ObjectDownloadController<Document>,
  repository: Repository<Document>,
): ObjectRepository<Document> {
  controller.repository = repository;
  controller.repository = { findOne: () => Promise.resolve(null) };
  // @ts-expect-error: it finds something else
  controller.repository = { findOne: () => Promise.resolve('document') };
  // @ts-expect-error: it finds nothing
  controller.repository = { find: () => Promise.resolve([]) };
  return repository;
}

export class WrongEntity extends ObjectDownloadController<Document> {
  // @ts-expect-error: rows of another entity
  override repository!: Repository<{ name: string }>;
}

// ---- Hooks

@Controller('documents/:slug')
export class Scoped extends ByProperty {
  override async getWhere(request: UserRequest): Promise<object> {
    return { ...(await super.getWhere(request)), ownerId: request.user.id };
  }
}

@Controller('documents/:slug')
export class ScopedBySync extends ByProperty {
  override getWhere(request: UserRequest): object {
    return { slug: request.params.slug, owner: { id: request.user.id } };
  }
}

@Controller('documents/:slug')
export class SyncHooks extends ObjectDownloadController<Document> {
  override checkOptions(parameters: readonly string[]): void {
    super.checkOptions(parameters);
  }
  override getFile(request: DownloadRequest): ContentFile {
    return new ContentFile(request.url, { name: 'url.txt' });
  }
  override getObject(request: UserRequest): Document | null {
    return request.user.id === 1 ? new Document() : null;
  }
  override getFileOf(document: Document, _request: UserRequest): StorageFile {
    return new StorageFile(this.getStorage(), document.file);
  }
  override getStorage(): MemoryStorage {
    return new MemoryStorage();
  }
  override getAttachment(): boolean {
    return false;
  }
  override getBasename(file: DownloadFile): string {
    return file.name;
  }
  override getContentType(): undefined {
    return undefined;
  }
  override getCharset(_file: DownloadFile, request: UserRequest): string {
    return request.user.id === 1 ? 'utf-8' : 'us-ascii';
  }
  override getEncoding(): string | undefined {
    return this.encoding;
  }
  override getCacheControl(): string {
    return 'no-store';
  }
  override getHeaders(): ResponseHeaders {
    return { 'X-Robots-Tag': 'noindex' };
  }
  override getBackend(): undefined {
    return undefined;
  }
  override wasModifiedSince(_file: DownloadFile, since: Date): boolean {
    return since.getTime() < 0;
  }
  override fileNotFound(error: FileNotFoundError): never {
    throw error;
  }
}

@Controller('documents/:slug')
export class AsyncHooks extends ObjectDownloadController<Document> {
  override async getFile(request: UserRequest): Promise<DownloadFile> {
    return super.getFile(request);
  }
  override async getObject(request: UserRequest): Promise<Document | null> {
    return (await super.getObject(request)) ?? null;
  }
  override async getFileOf(
    document: Document,
    request: UserRequest,
  ): Promise<DownloadFile> {
    return super.getFileOf(document, request);
  }
  override async getStorage(request: UserRequest): Promise<DownloadStorage> {
    return super.getStorage(request);
  }
  override async getAttachment(): Promise<boolean> {
    return true;
  }
  override async getBasename(): Promise<string | undefined> {
    return 'a.txt';
  }
  override async getContentType(): Promise<string> {
    return 'text/plain';
  }
  override async getCharset(): Promise<string> {
    return 'utf-8';
  }
  override async getEncoding(): Promise<undefined> {
    return undefined;
  }
  override async getCacheControl(
    file: DownloadFile,
    request: UserRequest,
  ): Promise<string | undefined> {
    return super.getCacheControl(file, request);
  }
  override async getHeaders(): Promise<ResponseHeaders> {
    return {};
  }
  override async getBackend(): Promise<undefined> {
    return undefined;
  }
  override async wasModifiedSince(): Promise<boolean> {
    return true;
  }
  override async download(request: UserRequest): Promise<DownloadResponse> {
    const { file } = await super.download(request);
    return new DownloadResponse(file, { attachment: false });
  }
}

@Controller('documents/:slug')
export class Prisma extends ObjectDownloadController<Document> {
  constructor(
    private readonly client: {
      document: {
        findUnique(args: { where: object }): Promise<Document | null>;
      };
    },
  ) {
    super();
  }

  override getObject(request: DownloadRequest): Promise<Document | null> {
    const { slug } = request.params;
    return this.client.document.findUnique({ where: { slug } });
  }
}

@Controller('rows/:id')
export class WrongHooks extends ObjectDownloadController<Document> {
  // @ts-expect-error: a row or null
  override getObject(): string {
    return 'document';
  }
  // @ts-expect-error: an object
  override getWhere(): number {
    return 1;
  }
  // @ts-expect-error: a file
  override getFileOf(): string {
    return 'key';
  }
}

// ---- asController()

const documents: Repository<Document> | undefined = undefined;

export const classes: Type[] = [
  ObjectDownloadController.asController('documents/:slug', {
    repository: getRepositoryToken(Document),
  }),
  ObjectDownloadController.asController(['a/:id', 'b/:id'], {
    repository: documents,
    idParam: 'id',
    idField: 'number',
    slugParam: 'slug',
    slugField: 'name',
    fileField: 'upload',
    storage: 'archive',
    basenameField: 'title',
    contentTypeField: 'type',
    charsetField: 'charset',
    encodingField: 'encoding',
    sizeField: 'size',
    lastModifiedField: 'updatedAt',
    etagField: 'version',
    attachment: false,
    basename: undefined,
    headers: { 'X-Robots-Tag': 'noindex' },
    decorators: [UseGuards(AuthGuard)],
  }),
  ObjectDownloadController.asController(
    { path: 'c/:id', version: '1', scope: Scope.REQUEST },
    { repository: Symbol('documents') },
  ),
  ByProperty.asController('d/:slug'),
  ByParameterProperty.asController('e/:slug', { slugField: 'name' }),
  PathDownloadController.asController('terms.pdf', {
    root: '/srv/legal',
    path: 'terms.pdf',
  }),
  StorageDownloadController.asController('media/*path', {
    storage: 'default',
    attachment: false,
    decorators: [],
  }),
  HttpDownloadController.asController('logo.png', {
    url: 'https://example.com/logo.png',
    allowedHosts: ['example.com'],
  }),
];

export const inferred: Type<ByProperty> = ByProperty.asController('f/:slug');

export const wrong = [
  // @ts-expect-error: no such option
  ObjectDownloadController.asController('a/:id', { repo: documents }),
  // @ts-expect-error: an option of another controller
  ObjectDownloadController.asController('b/:id', { root: '/srv' }),
  // @ts-expect-error: the name of a parameter
  ObjectDownloadController.asController('c/:id', { idParam: 1 }),
  ObjectDownloadController.asController('d/:id', {
    // @ts-expect-error: hooks are methods of a class
    getWhere: () => ({ id: 1 }),
  }),
  // @ts-expect-error: it finds nothing
  ObjectDownloadController.asController('e/:id', { repository: {} }),
  // @ts-expect-error: neither a path nor options of Nest
  ObjectDownloadController.asController(1, {}),
  // @ts-expect-error: a decorator of a class
  ObjectDownloadController.asController('f/:id', { decorators: [AuthGuard] }),
  // @ts-expect-error: an option of objects
  StorageDownloadController.asController('g/*path', { etagField: 'version' }),
];

// @ts-expect-error: it is for extending
export const instance = new ObjectDownloadController<Document>();

// @ts-expect-error: getFile() is missing
export class NoFile extends DownloadController {}
