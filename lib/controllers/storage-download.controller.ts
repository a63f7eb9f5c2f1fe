import { dirname } from 'node:path';

import { FileNotFoundError } from '../errors/download-errors.js';
import { type DownloadFile } from '../files/download-file.js';
import { StorageFile } from '../files/storage-file.js';
import { type DownloadPlace } from '../responses/download-backend.js';
import { checkEtagChoice, type Etag } from '../storages/etag-choice.js';
import { type DownloadStorage } from '../storages/download-storage.js';
import { andThen, type Awaitable } from '../storages/awaitable.js';
import { keySegments } from '../storages/storage-key.js';
import { type DownloadRequest } from '../http/download-request.js';
import { checksAtOnce, nameOfController } from './as-controller.js';
import { DownloadController } from './download.controller.js';
import { requireParameter, routeParameter } from '../routes/requested-path.js';

const ANY_KEY = 'a';

/**
 * Where the files of a storage lie, by what it says of one of them.
 *
 * @internal
 */
export function storagePlace(storage: DownloadStorage): DownloadPlace {
  const path = saidBy(() => storage.path?.(ANY_KEY));
  const url = saidBy(() => storage.url?.(ANY_KEY));
  const hasTemporaryUrl = storage.temporaryUrl !== undefined;
  return {
    directory: path === undefined ? undefined : dirname(path),
    url: url?.slice(0, url.lastIndexOf('/') + 1),
    isRemote: hasTemporaryUrl,
    hasTemporaryUrl,
  };
}

/** A storage may take other keys only. */
function saidBy(said: () => string | undefined): string | undefined {
  try {
    return said();
  } catch {
    return undefined;
  }
}

/**
 * Hands out files of a storage, by the key in the URL or a fixed one.
 *
 * ```ts
 * @Controller('media/*path')
 * @UseGuards(AuthGuard)
 * class MediaController extends StorageDownloadController {}
 * ```
 *
 * @publicApi
 */
export abstract class StorageDownloadController extends DownloadController {
  /** Name of a storage of DownloadModule.forRoot({ storages }). */
  storage = 'default';
  /** One fixed key, in place of the one in the URL. */
  path?: string;
  /** The route's parameter that holds the key. */
  pathParam = 'path';
  /** How the entity tags of its files are made, where they lie on a disk; as the storage says by default. */
  etag?: Etag;

  /** The storage that `storage` names, looked for once. */
  #named?: { readonly name: string; readonly storage: DownloadStorage };

  override checkOptions(parameters: readonly string[]): void {
    super.checkOptions(parameters);
    const { prototype } = StorageDownloadController;
    const owner = nameOfController(this.constructor);
    checkEtagChoice(`${owner}.`, this);
    if (this.getStorage === prototype.getStorage) {
      this.#namedStorage();
    }
    if (this.getPath === prototype.getPath) {
      requireParameter(
        owner,
        this.path,
        this.pathParam,
        parameters,
        keySegments,
      );
    }
  }

  /** @internal */
  override describeSource(): ReturnType<DownloadController['describeSource']> {
    const { prototype } = StorageDownloadController;
    const source = super.describeSource();
    return source &&
      this.getFile === prototype.getFile &&
      this.getStorage === prototype.getStorage
      ? { ...source, place: storagePlace(this.#namedStorage()) }
      : source;
  }

  override getFile(request: DownloadRequest): Awaitable<DownloadFile> {
    return andThen(this.getStorage(request), (storage) =>
      andThen(this.getPath(request), (path) => {
        const file = new StorageFile(storage, path);
        const { etag } = this;
        return etag === undefined ? file : file.tagFirstBy({ etag });
      }),
    );
  }

  /** Where the files of this request lie; the storage that `storage` names by default. */
  getStorage(_request: DownloadRequest): Awaitable<DownloadStorage> {
    return this.#namedStorage();
  }

  /**
   * The key, decoded.
   *
   * @throws FileNotFoundError where the request has none
   */
  getPath(request: DownloadRequest): Awaitable<string> {
    const path = this.path ?? routeParameter(this, request, this.pathParam);
    if (path === undefined) {
      throw new FileNotFoundError('The request names no path');
    }
    return path;
  }

  #namedStorage(): DownloadStorage {
    const name = this.storage;
    if (this.#named?.name !== name) {
      this.#named = { name, storage: this.storages.get(name) };
    }
    return this.#named.storage;
  }
}

checksAtOnce(StorageDownloadController);
