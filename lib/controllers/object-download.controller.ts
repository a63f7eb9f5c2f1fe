import {
  FileNotFoundError,
  InvalidOptionsError,
} from '../errors/download-errors.js';
import { quote } from '../errors/quote.js';
import { DescribedFile } from '../files/described-file.js';
import { type DownloadFile, isDownloadFile } from '../files/download-file.js';
import { StorageFile } from '../files/storage-file.js';
import { type DownloadStorage } from '../storages/download-storage.js';
import { type Awaitable } from '../storages/awaitable.js';
import { type DownloadRequest } from './download-request.js';
import { nameOfController } from './as-controller.js';
import { DownloadController } from './download.controller.js';
import {
  describeObject,
  type ObjectFields,
  fieldOf,
  isDataException,
  matchesKeys,
  requireDefinite,
} from './object-where.js';
import { routeParameter } from './route-parameter.js';

/**
 * Where rows come from. A Repository of TypeORM fits, and so does anything else with this method.
 *
 * @publicApi
 */
export interface ObjectRepository<T> {
  findOne(options: { where: object }): Promise<T | null>;
}

/**
 * Hands out the file of an entity, found by the id or slug in the URL; where the route has both, both
 * must match.
 *
 * ```ts
 * @Controller('documents/:slug')
 * class DocumentController extends ObjectDownloadController<Document> {
 *   constructor(@InjectRepository(Document) readonly repository: Repository<Document>) {
 *     super();
 *   }
 * }
 * ```
 *
 * @publicApi
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- see the interface below
export abstract class ObjectDownloadController<T extends object>
  extends DownloadController
  implements ObjectFields
{
  idParam = 'id';
  idField = 'id';
  slugParam = 'slug';
  slugField = 'slug';
  /** The field that holds a StorageFile or another wrapper, or a key of `storage`. */
  fileField = 'file';
  storage = 'default';
  basenameField?: string;
  contentTypeField?: string;
  charsetField?: string;
  encodingField?: string;
  /** Used where the storage knows no size; it never overrides one. */
  sizeField?: string;
  lastModifiedField?: string;
  etagField?: string;

  static {
    // An option that asController() finds.
    Reflect.set(this.prototype, 'repository', undefined);
  }

  override checkOptions(parameters: readonly string[]): void {
    super.checkOptions(parameters);
    const { prototype } = ObjectDownloadController;
    // A field that holds a file needs no storage, so there may be no default.
    if (
      this.getStorage === prototype.getStorage &&
      this.getFileOf === prototype.getFileOf &&
      this.storage !== 'default'
    ) {
      this.storages.get(this.storage);
    }
    if (this.getObject === prototype.getObject) this.#checkQuery(parameters);
  }

  // The first signature of each: an override need not be asynchronous.
  override getFile(request: DownloadRequest): Awaitable<DownloadFile>;
  async getFile(request: DownloadRequest): Promise<DownloadFile> {
    const object = await this.getObject(request);
    if (object === null || object === undefined) {
      throw new FileNotFoundError('There is no such row');
    }
    const file = await this.getFileOf(object, request);
    return new DescribedFile(file, describeObject(object, this));
  }

  /** The row; null is 404. Override it for any other ORM. */
  getObject(request: DownloadRequest): Awaitable<T | null>;
  async getObject(request: DownloadRequest): Promise<T | null> {
    const where = await this.getWhere(request);
    requireDefinite(where);
    try {
      const object = await this.repository.findOne({ where });
      return object && matchesKeys(object, where) ? object : null;
    } catch (error) {
      if (!isDataException(error)) throw error;
      throw new FileNotFoundError('No row can have this key', { cause: error });
    }
  }

  /**
   * What the row must match. Add the owner's scope here:
   * `{ ...(await super.getWhere(request)), ownerId: request.user.id }`. A field that is undefined or null
   * finds no row.
   */
  getWhere(request: DownloadRequest): Awaitable<object> {
    const where: Record<string, string> = {};
    for (const [field, parameter] of [
      [this.idField, this.idParam],
      [this.slugField, this.slugParam],
    ]) {
      const key = this.#keyOf(request, parameter);
      if (key !== undefined) where[field] = key;
    }
    if (Object.keys(where).length === 0) {
      throw new FileNotFoundError('The request has no key');
    }
    return where;
  }

  /** The file that a row points to. */
  getFileOf(object: T, request: DownloadRequest): Awaitable<DownloadFile>;
  async getFileOf(object: T, request: DownloadRequest): Promise<DownloadFile> {
    const value = fieldOf(object, this.fileField);
    if (isDownloadFile(value)) return value;
    if (value === undefined || value === null || value === '') {
      throw new FileNotFoundError(
        `${quote(this.fileField)} of the row is empty`,
      );
    }
    if (typeof value === 'string') {
      return new StorageFile(await this.getStorage(request), value);
    }
    throw new InvalidOptionsError(
      `${nameOfController(this.constructor)}.fileField`,
      this.fileField,
      'The field must hold a StorageFile or a storage key.',
    );
  }

  getStorage(_request: DownloadRequest): Awaitable<DownloadStorage> {
    return this.storages.get(this.storage);
  }

  /** Fastify matches an empty segment: a row is not to be found by its other key alone. */
  #keyOf(request: DownloadRequest, parameter: string): string | undefined {
    const key =
      request.params[parameter] === ''
        ? ''
        : routeParameter(this, request, parameter);
    if (key !== '') return key;
    throw new FileNotFoundError(`${quote(parameter)} of the request is empty`);
  }

  #checkQuery(parameters: readonly string[]): void {
    const repository: Partial<ObjectRepository<T>> | undefined =
      this.repository;
    if (typeof repository?.findOne !== 'function') {
      throw new InvalidOptionsError(
        `${nameOfController(this.constructor)}.repository`,
        repository,
        'Give an object with findOne({ where }), such as a Repository of TypeORM, or override getObject().',
      );
    }
    const keys = [this.idParam, this.slugParam];
    if (
      this.getWhere === ObjectDownloadController.prototype.getWhere &&
      !keys.some((key) => parameters.includes(key))
    ) {
      throw new InvalidOptionsError(
        `${nameOfController(this.constructor)}.idParam`,
        this.idParam,
        `Its route has neither :${this.idParam} nor :${this.slugParam}. Add one of them, set idParam or slugParam, or override getWhere().`,
      );
    }
  }
}

/**
 * Where the rows come from. A property of an interface, because one of the class could not be overridden
 * by a property that Nest sets (TS2612):
 * `@InjectRepository(Document) override repository!: Repository<Document>`.
 *
 * @publicApi
 */
export interface ObjectDownloadController<T extends object> {
  repository: ObjectRepository<T>;
}
