import { FileNotFoundError } from '../errors/file-not-found.error.js';
import { InvalidOptionsError } from '../errors/invalid-options.error.js';
import { quote } from '../errors/quote.js';
import { DescribedFile } from '../files/described-file.js';
import { type DownloadFile, isDownloadFile } from '../files/download-file.js';
import { StorageFile } from '../files/storage-file.js';
import { type Awaitable } from '../storages/awaitable.js';
import { type DownloadStorage } from '../storages/download-storage.js';
import { DownloadController } from './download.controller.js';
import { type DownloadRequest } from './download-request.js';
import { describeObject, type ObjectFields } from './object-fields.js';
import { type ObjectRepository } from './object-repository.js';
import {
  fieldOf,
  isDataException,
  matchesKeys,
  requireDefinite,
} from './object-where.js';
import { routeParameter } from './route-parameter.js';

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
export abstract class ObjectDownloadController<T extends object>
  extends DownloadController
  implements ObjectFields
{
  repository!: ObjectRepository<T>;
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

  override checkOptions(parameters: readonly string[]): void {
    super.checkOptions(parameters);
    const { prototype } = ObjectDownloadController;
    if (this.getObject !== prototype.getObject) return;
    if (typeof fieldOf(this.repository, 'findOne') !== 'function') {
      throw new InvalidOptionsError(
        `${this.constructor.name}.repository`,
        this.repository,
        'Give an object with findOne({ where }), such as a Repository of TypeORM, or override getObject().',
      );
    }
    const keys = [this.idParam, this.slugParam];
    if (
      this.getWhere === prototype.getWhere &&
      !keys.some((key) => parameters.includes(key))
    ) {
      throw new InvalidOptionsError(
        `${this.constructor.name}.idParam`,
        this.idParam,
        `Its route has neither :${this.idParam} nor :${this.slugParam}. Add one of them, set idParam or slugParam, or override getWhere().`,
      );
    }
  }

  async getFile(request: DownloadRequest): Promise<DownloadFile> {
    const object = await this.getObject(request);
    if (object === null || object === undefined) {
      throw new FileNotFoundError('There is no such row');
    }
    const file = await this.getFileOf(object, request);
    return new DescribedFile(file, describeObject(object, this));
  }

  /** The row; null is 404. Override it for any other ORM. */
  async getObject(request: DownloadRequest): Promise<T | null> {
    const where = await this.getWhere(request);
    requireDefinite(where);
    const object = await this.repository
      .findOne({ where })
      .catch((error: unknown) => {
        if (!isDataException(error)) throw error;
        throw new FileNotFoundError('No row can have this key', {
          cause: error,
        });
      });
    return object && matchesKeys(object, where) ? object : null;
  }

  /**
   * What the row must match. Add the owner's scope here:
   * `{ ...(await super.getWhere(request)), ownerId: request.user.id }`. A field that is undefined or null
   * finds no row.
   */
  getWhere(request: DownloadRequest): Awaitable<object> {
    const keys = [
      [this.idField, routeParameter(this, request, this.idParam)],
      [this.slugField, routeParameter(this, request, this.slugParam)],
    ].filter(([, key]) => key !== undefined);
    if (keys.length === 0) {
      throw new FileNotFoundError('The request has no key');
    }
    return Object.fromEntries(keys) as object;
  }

  /** The file that a row points to. */
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
      `${this.constructor.name}.fileField`,
      this.fileField,
      'The field must hold a StorageFile or a storage key.',
    );
  }

  getStorage(_request: DownloadRequest): Awaitable<DownloadStorage> {
    return this.storages.get(this.storage);
  }
}
