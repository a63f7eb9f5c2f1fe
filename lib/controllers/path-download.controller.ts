import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';

import {
  InvalidOptionsError,
  FileNotFoundError,
} from '../errors/download-errors.js';
import { type DownloadFile } from '../files/download-file.js';
import { LocalFile } from '../files/local-file.js';
import { type Awaitable } from '../storages/awaitable.js';
import { nameOfController } from './as-controller.js';
import { DownloadController } from './download.controller.js';
import { type DownloadRequest } from './download-request.js';
import { requireParameter, routeParameter } from './route-parameter.js';

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
  /** The directory, absolute. Nothing outside it is handed out, not by a link either. */
  root!: string;
  /** One fixed file below the root, in place of the one in the URL. */
  path?: string;
  /** The route's parameter that holds the path. */
  pathParam = 'path';
  /** Whether names that begin with a dot are handed out. */
  dotfiles = false;

  override checkOptions(parameters: readonly string[]): void {
    super.checkOptions(parameters);
    const { prototype } = PathDownloadController;
    if (this.getRoot === prototype.getRoot) this.#checked(this.root);
    if (this.getPath === prototype.getPath) {
      requireParameter(this, 'path', this.pathParam, parameters);
    }
  }

  /** @internal */
  override describeSource(): ReturnType<DownloadController['describeSource']> {
    const { prototype } = PathDownloadController;
    const source = super.describeSource();
    return source &&
      this.getFile === prototype.getFile &&
      this.getRoot === prototype.getRoot
      ? { ...source, place: { directory: this.root } }
      : source;
  }

  /** @internal */
  override async missingRoot(): Promise<string | undefined> {
    if (this.getRoot !== PathDownloadController.prototype.getRoot) return;
    const isDirectory = await stat(this.root).then(
      (stats) => stats.isDirectory(),
      () => false,
    );
    return isDirectory ? undefined : this.root;
  }

  // The first signature: an override need not be asynchronous.
  override getFile(request: DownloadRequest): Awaitable<DownloadFile>;
  async getFile(request: DownloadRequest): Promise<DownloadFile> {
    const root = this.#checked(await this.getRoot(request));
    const path = await this.getPath(request);
    return new LocalFile(path, { root, dotfiles: this.dotfiles });
  }

  getRoot(_request: DownloadRequest): Awaitable<string> {
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
    if (typeof root === 'string' && isAbsolute(root)) return root;
    throw new InvalidOptionsError(
      `${nameOfController(this.constructor)}.root`,
      root,
      'Give the absolute path of the directory that it hands out, or override getRoot().',
    );
  }
}
