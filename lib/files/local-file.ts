import { basename, isAbsolute } from 'node:path';
import { type Readable } from 'node:stream';

import { checkNames, namesOf } from '../errors/check-options.js';
import {
  InvalidOptionsError,
  nameAlone,
  SuspiciousPathError,
  UnconfinedPathError,
  quote,
} from '../errors/download-errors.js';
import {
  checkEtagChoice,
  type Etag,
  type EtagChoice,
  firstChoice,
} from '../storages/etag-choice.js';
import { andThen, type Awaitable } from '../storages/awaitable.js';
import { type FileStat, type ReadWindow } from '../storages/file-stat.js';
import {
  type HoldOptions,
  openLocalFile,
  type OpenFile,
  restated,
} from '../storages/local-descriptor.js';
import {
  type Confinement,
  confinedPath,
  directoryPath,
  isNormal,
} from '../storages/local-disk.js';
import { type DownloadFile } from './download-file.js';

/**
 * Options of LocalFile.
 *
 * @publicApi
 */
export interface LocalFileOptions extends Omit<Confinement, 'root'> {
  /** The directory that the file must not leave, not by a symlink either: its absolute path, or a `file:` URL. */
  readonly root?: string | URL;
  /** What the client calls it; the last segment of the path by default. */
  readonly name?: string;
  /** How its entity tag is made; as the module says by default. */
  readonly etag?: Etag | undefined;
  /** Bytes above which `etag: 'content'` is `'time'`; 1 GiB by default. */
  readonly contentTagLimit?: number | undefined;
}

const OPTIONS = namesOf<LocalFileOptions>({
  root: true,
  dotfiles: true,
  name: true,
  etag: true,
  contentTagLimit: true,
});

/**
 * A file on a disk of this machine.
 *
 * ```ts
 * new LocalFile('/srv/legal/terms.pdf')
 * new LocalFile(userInput, { root: '/srv/media' })
 * ```
 *
 * Where any part of the path comes from a request, give `root`: the file must then lie below it, also
 * after links are followed, and hidden files are refused unless `dotfiles` is true.
 * Without it, a path with `..`, `.` or an empty segment is refused.
 *
 * @publicApi
 */
export class LocalFile implements DownloadFile {
  readonly name: string;
  /** Its name, and nothing else: fields of it are not for clients. */
  readonly toJSON = nameAlone;
  readonly #path: string;
  readonly #root?: string;
  readonly #dotfiles?: boolean;
  #choice: EtagChoice;

  /**
   * @param path absolute, or relative to `root`
   * @throws InvalidOptionsError for a relative path without `root`, a `root` that is relative or undefined, and an
   *   option that is unknown
   * @throws SuspiciousPathError for a path that leaves `root`, and without one for a path that is not its own
   *   normal form
   */
  constructor(path: string, options: LocalFileOptions = {}) {
    checkNames('LocalFile', options, OPTIONS, "{ root: '/srv/media' }");
    const { root, dotfiles, name, etag, contentTagLimit } = options;
    // Given as undefined, it was meant: an unset variable must not open the whole disk.
    this.#root = 'root' in options ? absoluteRoot(root) : undefined;
    this.#dotfiles = dotfiles;
    this.#path =
      this.#root === undefined
        ? absolutePath(path)
        : confinedPath(path, this.#root, dotfiles);
    this.name = name ?? basename(this.#path);
    this.#choice = { etag, contentTagLimit };
    if (etag !== undefined || contentTagLimit !== undefined) {
      checkEtagChoice('LocalFile.', this.#choice);
    }
  }

  // A getter: what takes objects apart, as class-transformer does, sees no path.
  get path(): string {
    return this.#path;
  }

  get hasDiskTag(): boolean {
    return (this.#choice.etag ?? 'inode') === 'inode';
  }

  tagBy(fallback: EtagChoice): void {
    this.#choice = firstChoice(this.#choice, fallback);
  }

  get hasOwnBytes(): boolean {
    return this.open !== LocalFile.prototype.open;
  }

  get hold(): DownloadFile['hold'] {
    return this.hasOwnBytes ? undefined : this.#hold;
  }

  /** What a subclass says of the file in `stat()` holds here, too; its size is what the disk says. */
  #hold(options?: HoldOptions): Awaitable<OpenFile> {
    return andThen(this.#open(options), (file) =>
      this.stat === LocalFile.prototype.stat
        ? file
        : restated(file, () => this.stat()),
    );
  }

  async stat(): Promise<FileStat> {
    const file = await this.#open();
    file.close();
    return file.stat;
  }

  async open(window?: ReadWindow): Promise<Readable> {
    return (await this.#hold()).read(window);
  }

  #open(options?: HoldOptions): Awaitable<OpenFile> {
    const { etag, contentTagLimit } = this.#choice;
    return openLocalFile(this.path, {
      root: this.#root,
      dotfiles: this.#dotfiles,
      name: this.name,
      withTag: options?.withTag,
      etag,
      contentTagLimit,
    });
  }
}

function absolutePath(path: string): string {
  if (typeof path !== 'string' || !isAbsolute(path)) {
    throw new InvalidOptionsError(
      'LocalFile.path',
      path,
      'Give an absolute path, or a relative one with `root`.',
    );
  }
  if (path.includes('\0')) {
    throw new SuspiciousPathError(`${quote(path)} holds a NUL`);
  }
  if (!isNormal(path)) {
    throw new UnconfinedPathError(
      `${quote(path)} is refused: it is not its own normal form. Where a part of it comes from outside, give ` +
        'that part alone, and `root`; else resolve() it',
    );
  }
  return path;
}

function absoluteRoot(root: string | URL | undefined): string {
  const path = directoryPath(root);
  if (path !== undefined) return path;
  throw new InvalidOptionsError(
    'LocalFile.root',
    root,
    "Give the absolute path of a directory. A URL object of it, such as new URL('../files/', import.meta.url), does as well.",
  );
}
