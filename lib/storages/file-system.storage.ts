import { randomBytes } from 'node:crypto';
import { mkdir, realpath, unlink } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { type Readable } from 'node:stream';

import { checkNames, namesOf } from '../errors/check-options.js';
import {
  DownloadError,
  InvalidOptionsError,
  refuseSerialization,
  StorageUnavailableError,
  SuspiciousPathError,
  quote,
} from '../errors/download-errors.js';
import {
  DownloadStorage,
  type SaveOptions,
  type StorageContent,
} from './download-storage.js';
import {
  checkEtagChoice,
  type Etag,
  type EtagChoice,
  firstChoice,
} from './etag-choice.js';
import { andThen, type Awaitable } from './awaitable.js';
import { type FileStat, type ReadWindow } from './file-stat.js';
import {
  isFound,
  keySegments,
  notText,
  withRandomSuffix,
} from './storage-key.js';
import {
  type HoldOptions,
  openLocalFile,
  type OpenFile,
  restated,
} from './local-descriptor.js';
import { withinDirectory } from './held-directory.js';
import {
  confinedPath,
  errorCode,
  isBelow,
  isHidden,
  isNoSuchFile,
  directoryPath,
} from './local-disk.js';
import { savingContent } from './object-content.js';
import { realpathOfNearest, writeNew, publish } from './publish.js';

/**
 * Options of FileSystemStorage.
 *
 * @publicApi
 */
export interface FileSystemStorageOptions {
  /** The directory that holds the files; an absolute path, or a `file:` URL. Nothing outside it is read, not by a link either. */
  readonly root: string | URL;
  /** What stands before the key in `url(key)`: `/media/`. Without it the storage knows no URLs. */
  readonly baseUrl?: string;
  /** Whether keys may have segments that begin with a dot; false by default. */
  readonly dotfiles?: boolean;
  /** How the entity tags of its files are made; as the module says by default. */
  readonly etag?: Etag;
  /** Bytes above which `etag: 'content'` is `'time'`; 1 GiB by default. */
  readonly contentTagLimit?: number;
}

const OPTIONS = namesOf<FileSystemStorageOptions>({
  root: true,
  baseUrl: true,
  dotfiles: true,
  etag: true,
  contentTagLimit: true,
});

/**
 * Files below a directory of this machine.
 *
 * ```ts
 * new FileSystemStorage({ root: '/srv/media' })
 * ```
 *
 * @throws InvalidOptionsError when `root` is not an absolute path, and for an option that is unknown
 * @publicApi
 */
export class FileSystemStorage extends DownloadStorage {
  readonly root: string;
  /** @throws SerializedFileError always: where files lie is not for clients */
  readonly toJSON = refuseSerialization('A FileSystemStorage');
  /** @see DownloadStorage.url; there only with `baseUrl`. */
  override readonly url?: (key: string) => string;
  readonly #dotfiles: boolean;
  readonly #choice: EtagChoice;

  constructor(options: FileSystemStorageOptions) {
    super();
    checkNames('FileSystemStorage', options, OPTIONS, "{ root: '/srv/media' }");
    const { root, baseUrl, dotfiles = false, etag, contentTagLimit } = options;
    const directory = directoryPath(root);
    if (directory === undefined) {
      throw new InvalidOptionsError(
        'FileSystemStorage.root',
        root,
        "Give the absolute path of a directory. A URL object of it, such as new URL('../files/', import.meta.url), does as well.",
      );
    }
    this.root = resolve(directory);
    this.#dotfiles = dotfiles;
    this.#choice = { etag, contentTagLimit };
    checkEtagChoice('FileSystemStorage.', this.#choice);
    if (baseUrl !== undefined) {
      const base = baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`;
      this.url = (key) =>
        base + keySegments(key).map(encodeURIComponent).join('/');
    }
  }

  override path(key: string): string {
    if (typeof key !== 'string') throw notText(key);
    // A key is never absolute, while a path may be.
    if (isAbsolute(key)) keySegments(key);
    return confinedPath(key, this.root, this.#dotfiles);
  }

  /** What a subclass says of the file in `stat()` holds here, too; its size is what the disk says. */
  override hold(key: string, options?: HoldOptions): Awaitable<OpenFile> {
    return andThen(this.#open(key, options), (file) =>
      this.stat === FileSystemStorage.prototype.stat
        ? file
        : restated(file, () => this.stat(key)),
    );
  }

  override async stat(key: string): Promise<FileStat> {
    const file = await this.#open(key);
    file.close();
    return file.stat;
  }

  override async open(key: string, window?: ReadWindow): Promise<Readable> {
    return (await this.hold(key)).read(window);
  }

  override get hasOwnBytes(): boolean {
    return this.open !== FileSystemStorage.prototype.open;
  }

  override async exists(key: string): Promise<boolean> {
    keySegments(key);
    return await isFound(this.stat(key));
  }

  override async save(
    key: string,
    content: StorageContent,
    options: SaveOptions = {},
  ): Promise<string> {
    const directory = dirname(this.path(key));
    return savingContent(
      content,
      async (watched) => {
        await mkdir(this.root, { recursive: true });
        await this.#requireInside(directory, key);
        return this.#within(key, true, (place) =>
          this.#saveIn(place, key, watched, options),
        );
      },
      (error) => unavailable(`${quote(key)} could not be saved`, error),
    );
  }

  async #saveIn(
    place: string,
    key: string,
    content: StorageContent,
    options: SaveOptions,
  ): Promise<string> {
    const temporary = join(place, `.${randomBytes(12).toString('hex')}.tmp`);
    await writeNew(temporary, content);
    try {
      return await this.#publish(temporary, key, options);
    } finally {
      await removeIfThere(temporary);
    }
  }

  override async delete(key: string): Promise<void> {
    const path = this.path(key);
    try {
      await this.#requireInside(dirname(path), key);
      await this.#within(key, false, (place) =>
        unlink(join(place, basename(path))),
      );
    } catch (error) {
      if (isNoSuchFile(error)) return;
      throw unavailable(`${quote(key)} could not be deleted`, error);
    }
  }

  #open(
    key: string,
    { withTag, chosen, fallback }: HoldOptions = {},
  ): Awaitable<OpenFile> {
    return openLocalFile(this.path(key), {
      root: this.root,
      dotfiles: this.#dotfiles,
      withTag,
      ...(chosen || fallback
        ? firstChoice(chosen, this.#choice, fallback)
        : this.#choice),
    });
  }

  async #publish(
    temporary: string,
    key: string,
    { ifTaken }: SaveOptions,
  ): Promise<string> {
    for (let free = key; ; free = withRandomSuffix(key)) {
      // A name that the suffix made is checked as any other.
      const shown = this.path(free);
      const path = join(dirname(temporary), basename(shown));
      if (await publish(temporary, path, shown)) return free;
      if (ifTaken === 'keep') return key;
    }
  }

  /** In the directory of a key, which nobody can put another one in the place of meanwhile. */
  #within<T>(
    key: string,
    creates: boolean,
    work: (place: string) => Promise<T>,
  ): Promise<T> {
    const segments = keySegments(key).slice(0, -1);
    const { root } = this;
    const place = { root, dotfiles: this.#dotfiles, segments };
    return withinDirectory(place, creates, work);
  }

  /** Where the directory does not exist yet, what exists of it counts: no directory is made outside. */
  async #requireInside(directory: string, key: string): Promise<void> {
    const [root, target] = await Promise.all([
      realpath(this.root),
      realpathOfNearest(directory),
    ]);
    if (target !== root && !isBelow(root, target)) {
      throw new SuspiciousPathError(`${quote(key)} leaves its root by a link`);
    }
    if (this.#dotfiles !== true && isHidden(root, target)) {
      throw new SuspiciousPathError(
        `${quote(key)} leads to a hidden directory by a link`,
      );
    }
  }
}

/** A rename has taken it away. */
async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

function unavailable(message: string, cause: unknown): DownloadError {
  if (cause instanceof DownloadError) return cause;
  // The key is wrong, and the storage none the worse.
  if (errorCode(cause) === 'ENAMETOOLONG') {
    return new SuspiciousPathError(`${message}: a name in it is too long`, {
      cause,
    });
  }
  return new StorageUnavailableError(message, { cause });
}
