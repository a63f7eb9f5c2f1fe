import { Logger } from '@nestjs/common';

import {
  FileNotFoundError,
  InvalidOptionsError,
  quote,
} from '../errors/download-errors.js';
import {
  DescribedFile,
  type DownloadFile,
  isDownloadFile,
} from '../files/download-file.js';
import { StorageFile } from '../files/storage-file.js';
import { type DownloadStorage } from '../storages/download-storage.js';
import { type Awaitable } from '../storages/awaitable.js';
import { type DownloadRequest } from '../http/download-request.js';
import { checksAtOnce, nameOfController } from './as-controller.js';
import { DownloadController } from './download.controller.js';
import {
  checkFields,
  type EntityFields,
  entityFields,
  refuseOtherLanguages,
} from './object-repository.js';
import {
  describeObject,
  type ObjectFields,
  isDataException,
  matchKeys,
  requiredField,
  requireDefinite,
} from './object-where.js';
import { routeParameter, wildcardsOf } from '../routes/requested-path.js';

/**
 * Where rows come from. A Repository of TypeORM fits, and so does anything else with this method. Models of
 * Mongoose and repositories of MikroORM do not: their `findOne()` takes conditions. For these override
 * `getObject()`.
 *
 * @publicApi
 */
export interface ObjectRepository<T> {
  /** The row that matches every field of `where`, or null. */
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
  /**
   * SHA-256 or SHA-512 of the file: bytes, hexadecimal, base64, or a value of Repr-Digest (RFC 9530), which tells
   * it to the client. With an `encoding`, that of the coded bytes.
   */
  digestField?: string;

  #fields?: {
    readonly of: ObjectRepository<T>;
    readonly known?: EntityFields;
  };

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
    const object = await this.#objectFor(request);
    if (object === null || object === undefined) {
      throw new FileNotFoundError('There is no such row');
    }
    const file = await this.getFileOf(object, request);
    const owner = nameOfController(this.constructor);
    return new DescribedFile(file, describeObject(object, this, owner));
  }

  /**
   * The row; null is 404. Override it for any other ORM:
   *
   * ```ts
   * async getObject(request: DownloadRequest) {
   *   return this.documents.findOne(await this.getWhere(request)); // of MikroORM
   * }
   * ```
   */
  getObject(request: DownloadRequest): Awaitable<T | null>;
  async getObject(request: DownloadRequest): Promise<T | null> {
    const where = await this.getWhere(request);
    requireDefinite(where);
    const object = await this.repository.findOne({ where });
    return object && this.#isAskedFor(object, where) ? object : null;
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
    const owner = nameOfController(this.constructor);
    const value = requiredField(object, this.fileField, `${owner}.fileField`);
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
      `${owner}.fileField`,
      this.fileField,
      'The field must hold a StorageFile or a storage key.',
    );
  }

  /** Where the files of this request lie; the storage that `storage` names by default. */
  getStorage(_request: DownloadRequest): Awaitable<DownloadStorage> {
    return this.storages.get(this.storage);
  }

  async #objectFor(request: DownloadRequest): Promise<T | null> {
    try {
      return await this.getObject(request);
    } catch (error) {
      if (!isDataException(error)) throw error;
      throw new FileNotFoundError('No row can have this key', { cause: error });
    }
  }

  /** Whatever the repository: one that does not know what it was asked gives a row of somebody else. */
  #isAskedFor(object: T, where: object): boolean {
    const { matches, wrongField } = matchKeys(object, where, (field) =>
      Boolean(this.#entityFields()?.changed.has(field)),
    );
    if (wrongField !== undefined) {
      new Logger(nameOfController(this.constructor)).error(
        `The repository was asked for a row by ${quote(wrongField)}, and gave one with another or none: the answer is 404. Its findOne() must heed every field of where, and its rows must have them; else override getObject().`,
      );
    }
    return matches;
  }

  #entityFields(): EntityFields | undefined {
    if (this.#fields?.of !== this.repository) {
      this.#fields = {
        of: this.repository,
        known: entityFields(this.repository),
      };
    }
    return this.#fields.known;
  }

  /** Fastify matches an empty segment: a row is not to be found by its other key alone. */
  #keyOf(request: DownloadRequest, parameter: string): string | undefined {
    const { params } = request;
    const key =
      params[parameter] === '' ? '' : routeParameter(this, request, parameter);
    // A tail has another name there.
    const isTail = wildcardsOf(this).has(parameter);
    const isEmpty =
      key === '' || (key === undefined && isTail && params['*'] !== undefined);
    if (!isEmpty) return key;
    throw new FileNotFoundError(`${quote(parameter)} of the request is empty`);
  }

  #checkQuery(parameters: readonly string[]): void {
    const owner = nameOfController(this.constructor);
    const repository: Partial<ObjectRepository<T>> | undefined =
      this.repository;
    if (typeof repository?.findOne !== 'function') {
      throw new InvalidOptionsError(
        `${owner}.repository`,
        repository,
        'Give an object with findOne({ where }), such as a Repository of TypeORM, or override getObject().',
      );
    }
    refuseOtherLanguages(owner, repository);
    const keys = [this.idParam, this.slugParam];
    const hasOwnWhere =
      this.getWhere !== ObjectDownloadController.prototype.getWhere;
    if (!hasOwnWhere && !keys.some((key) => parameters.includes(key))) {
      throw new InvalidOptionsError(
        `${owner}.idParam`,
        this.idParam,
        `Its route has neither :${this.idParam} nor :${this.slugParam}. Add one of them, set idParam or slugParam, or override getWhere().`,
      );
    }
    const fields = this.#entityFields();
    if (fields) checkFields(owner, fields, this.#usedFields(parameters));
  }

  /** Names of the row's fields, by option. */
  #usedFields(
    parameters: readonly string[],
  ): Record<string, string | undefined> {
    const { prototype } = ObjectDownloadController;
    const isKey = (parameter: string): boolean =>
      this.getWhere === prototype.getWhere && parameters.includes(parameter);
    return {
      idField: isKey(this.idParam) ? this.idField : undefined,
      slugField: isKey(this.slugParam) ? this.slugField : undefined,
      fileField:
        this.getFileOf === prototype.getFileOf ? this.fileField : undefined,
      basenameField: this.basenameField,
      contentTypeField: this.contentTypeField,
      charsetField: this.charsetField,
      encodingField: this.encodingField,
      sizeField: this.sizeField,
      lastModifiedField: this.lastModifiedField,
      etagField: this.etagField,
      digestField: this.digestField,
    };
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

checksAtOnce(ObjectDownloadController);
