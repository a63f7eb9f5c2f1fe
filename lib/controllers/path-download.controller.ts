import {
  InvalidOptionsError,
  FileNotFoundError,
} from '../errors/download-errors.js';
import { type DownloadFile } from '../files/download-file.js';
import { LocalFile } from '../files/local-file.js';
import { checkEtagChoice, type Etag } from '../storages/etag-choice.js';
import { andThen, type Awaitable } from '../storages/awaitable.js';
import {
  confinedPath,
  directoryPath,
  isDirectory,
} from '../storages/local-disk.js';
import { checksAtOnce, nameOfController } from './as-controller.js';
import { DownloadController } from './download.controller.js';
import { type DownloadRequest } from '../http/download-request.js';
import { requireParameter, routeParameter } from '../routes/requested-path.js';

/**
 * Hands out files of a directory, by the path in the URL or a fixed one.
 *
 * ```ts
 * @Controller('manuals/*path')
 * class ManualController extends PathDownloadController {
 *   root = '/srv/manuals';
 * }
 * ```
 *
 * @publicApi
 */
export abstract class PathDownloadController extends DownloadController {
  /** The directory: an absolute path, or a `file:` URL. Nothing outside it is handed out, not by a link either. */
  root!: string | URL;
  /** One fixed file below the root, in place of the one in the URL. */
  path?: string;
  /** The route's parameter that holds the path. */
  pathParam = 'path';
  /** Whether names that begin with a dot are handed out. */
  dotfiles = false;
  /** How the entity tags of its files are made; as the module says by default. */
  etag?: Etag;

  override checkOptions(parameters: readonly string[]): void {
    super.checkOptions(parameters);
    const { prototype } = PathDownloadController;
    const owner = nameOfController(this.constructor);
    checkEtagChoice(`${owner}.`, this);
    const isFixed = this.getRoot === prototype.getRoot;
    const root = isFixed ? this.#checked(this.root) : undefined;
    if (this.getPath === prototype.getPath) {
      requireParameter(
        owner,
        this.path,
        this.pathParam,
        parameters,
        (path) => root === undefined || confinedPath(path, root, this.dotfiles),
      );
    }
  }

  /** @internal */
  override describeSource(): ReturnType<DownloadController['describeSource']> {
    const { prototype } = PathDownloadController;
    const source = super.describeSource();
    return source &&
      this.getFile === prototype.getFile &&
      this.getRoot === prototype.getRoot
      ? { ...source, place: { directory: directoryPath(this.root) } }
      : source;
  }

  /** @internal */
  override async missingRoot(): Promise<string | undefined> {
    if (this.getRoot !== PathDownloadController.prototype.getRoot) return;
    const root = this.#checked(this.root);
    return (await isDirectory(root)) ? undefined : root;
  }

  override getFile(request: DownloadRequest): Awaitable<DownloadFile> {
    return andThen(this.getRoot(request), (given) => {
      const root = this.#checked(given);
      const { dotfiles, etag } = this;
      return andThen(
        this.getPath(request),
        (path) => new LocalFile(path, { root, dotfiles, etag }),
      );
    });
  }

  /** The directory of this request, which no file leaves; `root` by default. */
  getRoot(_request: DownloadRequest): Awaitable<string | URL> {
    return this.root;
  }

  /**
   * The path below the root, decoded.
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

  /** Also for what getRoot() gives: without a root, every file of the machine would be in reach. */
  #checked(root: unknown): string {
    const path = directoryPath(root);
    if (path !== undefined) return path;
    throw new InvalidOptionsError(
      `${nameOfController(this.constructor)}.root`,
      root,
      'Give the absolute path of the directory that it hands out, or its file: URL, or override getRoot().',
    );
  }
}

checksAtOnce(PathDownloadController);
