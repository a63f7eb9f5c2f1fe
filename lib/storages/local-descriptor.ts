import {
  type BigIntStats,
  closeSync,
  constants,
  createReadStream,
  fstat,
  fstatSync,
  open,
  openSync,
  readlinkSync,
  realpathSync,
} from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';

import {
  FileChangedError,
  FileNotFoundError,
  SuspiciousPathError,
  quote,
} from '../errors/download-errors.js';
import { andThen, type Awaitable, isPromise, orElse } from './awaitable.js';
import {
  type FileStat,
  type ReadWindow,
  type StatOptions,
} from './file-stat.js';
import { diskPace, diskError, isBelow, isHidden } from './local-disk.js';
import { localEntityTag } from './local-entity-tag.js';
import {
  chosenEntityTag,
  type EtagChoice,
  type Tagged,
  type Tagging,
} from './etag-choice.js';

/**
 * A file held open: the facts and the bytes are of one and the same file, whatever happens to its
 * name meanwhile. Either read once, or closed.
 *
 * @internal
 */
export interface OpenFile {
  readonly stat: FileStat;
  /** The descriptor, for whoever reads it faster than a stream does. */
  readonly descriptor: number;
  /**
   * Where the file lay when it was opened and found to be below its root, links followed. Undefined where
   * that cannot be told: the name is no text, or another file has taken it.
   */
  readonly location?: string;
  /** What the disk itself says of it, whatever else is said; its tag where one was wanted. */
  readonly disk: FileStat;
  /**
   * A stream of the window; it closes the file when it ends or is destroyed.
   *
   * @throws FileChangedError where `ifMatch` is another tag; the file is closed then, too
   */
  read(window?: ReadWindow): Readable;
  /**
   * Whether the bytes that were described are still there. Of a file that has grown, or lost its name, or whose times
   * somebody has set back, the file system does not tell: it is `touched`.
   */
  integrity(): 'intact' | 'touched' | 'changed';
  /** Lets go of a file that is not going to be read by `read()`. */
  close(): void;
}

// A plain open of a FIFO waits for a writer, and four of them stop every fs call of the process.
const READ_ONLY =
  constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/**
 * What is wanted of a file that is opened.
 *
 * @internal
 */
export interface HoldOptions extends StatOptions, Tagging {
  /** Whether its tag is; true by default. To make one may take some milliseconds. */
  readonly withTag?: boolean;
}

/**
 * How a local file is opened.
 *
 * @internal
 */
export interface OpenOptions extends EtagChoice, Pick<HoldOptions, 'withTag'> {
  /** The directory that the file must not leave, not by a link either. */
  readonly root?: string;
  /** Whether links may lead to what is hidden below the root; false by default. */
  readonly dotfiles?: boolean;
  /** What functions that make tags are told; the last segment of the path by default. */
  readonly name?: string;
}

const NO_OPTIONS: OpenOptions = {};

/**
 * Opens a regular file; its facts and its bytes come from the same descriptor. Only the open itself may
 * have to wait for a disk: what is asked about an open file is in memory.
 *
 * @throws FileNotFoundError when it does not exist, is no regular file, lies outside the root or may
 *   not be read
 * @throws StorageUnavailableError when the disk or the process cannot (EIO, EMFILE)
 * @internal
 */
export function openLocalFile(
  path: string,
  options: OpenOptions = NO_OPTIONS,
): Awaitable<OpenFile> {
  // Functions of its own for each of these steps would cost as much as the calls.
  try {
    const descriptor = diskPace.call(openAtOnce, openInPool, path);
    const file = isPromise(descriptor)
      ? descriptor.then((one) => checkedFile(one, path, options))
      : checkedFile(descriptor, path, options);
    return isPromise(file) ? file.catch((error) => fail(path, error)) : file;
  } catch (error) {
    return fail(path, error);
  }
}

function fail(path: string, error: unknown): never {
  throw diskError(path, error);
}

/** The descriptor is closed where this fails. */
function checkedFile(
  descriptor: number,
  path: string,
  options: OpenOptions,
): Awaitable<OpenFile> {
  const close = (error: unknown): never => {
    closeSync(descriptor);
    throw error;
  };
  try {
    const file = checked(descriptor, path, options);
    return isPromise(file) ? file.catch(close) : file;
  } catch (error) {
    return close(error);
  }
}

function checked(
  descriptor: number,
  path: string,
  options: OpenOptions,
): Awaitable<OpenFile> {
  const { name, withTag = true, etag = 'inode' } = options;
  const stats = fstatSync(descriptor, BIGINT);
  if (!stats.isFile()) {
    throw new FileNotFoundError(`${quote(path)} is not a regular file`);
  }
  const location = locationOf(descriptor, path);
  requireAllowed(path, location, options);
  const file = new LocalOpenFile(descriptor, stats, location);
  if (!withTag) return file;
  const again = (): Promise<BigIntStats> => statAgain(descriptor);
  const tagged =
    etag === 'inode'
      ? localEntityTag(stats, again)
      : chosenEntityTag(
          { path, name: name ?? basename(path), descriptor, stats, again },
          options,
        );
  return isPromise(tagged)
    ? tagged.then((one) => file.tagged(one))
    : file.tagged(tagged);
}

const BIGINT = { bigint: true } as const;

function requireAllowed(
  path: string,
  location: string,
  { root, dotfiles }: OpenOptions,
): void {
  if (root === undefined) return;
  // Where the root itself is reached by a link, its own path is asked for too.
  const base = isBelow(root, location) ? root : realpathSync.native(root);
  if (!isBelow(base, location)) {
    throw new SuspiciousPathError(`${quote(path)} leaves its root by a link`);
  }
  // The path itself was looked at before it was opened.
  if (location !== path && dotfiles !== true && isHidden(base, location)) {
    throw new SuspiciousPathError(
      `${quote(path)} leads to a hidden file by a link`,
    );
  }
}

/** Where the open descriptor lies: Linux tells it exactly, elsewhere the path is resolved again. */
function locationOf(descriptor: number, path: string): string {
  try {
    return readlinkSync(descriptorLink(descriptor));
  } catch {
    return realpathSync.native(path);
  }
}

function descriptorLink(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`;
}

// So ends what Linux says of a file that has lost its name; a file may also be called that.
const NAMELESS = ' (deleted)';
const UNREADABLE = '\ufffd';

class LocalOpenFile implements OpenFile {
  #stat: FileStat & { readonly size: number };
  #stats: BigIntStats;
  readonly #location: string;

  constructor(
    readonly descriptor: number,
    stats: BigIntStats,
    location: string,
  ) {
    this.#location = location;
    this.#stats = stats;
    this.#stat = { size: Number(stats.size), lastModified: stats.mtime };
  }

  get stat(): FileStat {
    return this.#stat;
  }

  get disk(): FileStat {
    return this.#stat;
  }

  get location(): string | undefined {
    const location = this.#location;
    if (location.endsWith(NAMELESS)) return undefined;
    return location.includes(UNREADABLE) && !this.#isText()
      ? undefined
      : location;
  }

  /** The same file, with the tag that goes with these stats of it. */
  tagged({ stats, etag, digest }: Tagged): this {
    this.#stats = stats;
    const facts = {
      size: Number(stats.size),
      lastModified: stats.mtime,
      etag,
    };
    this.#stat = digest === undefined ? facts : { ...facts, digest };
    return this;
  }

  read({
    start = 0,
    end = this.#stat.size - 1,
    ifMatch,
  }: ReadWindow = {}): Readable {
    if (ifMatch !== undefined && ifMatch !== this.#stat.etag) {
      this.close();
      throw new FileChangedError('The file is another one now');
    }
    // The window ends where the file ended when it was described: bytes appended since are not sent.
    if (end >= start) {
      return createReadStream('', { fd: this.descriptor, start, end });
    }
    this.close();
    return Readable.from([]);
  }

  integrity(): 'intact' | 'touched' | 'changed' {
    const { size, mtimeNs, ctimeNs } = this.#stats;
    const now = fstatSync(this.descriptor, BIGINT);
    if (now.size > size) return 'touched';
    if (now.size < size || now.mtimeNs !== mtimeNs) return 'changed';
    return now.ctimeNs === ctimeNs ? 'intact' : 'touched';
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /** A name that is not UTF-8 has a character in it that stands for what it is not. */
  #isText(): boolean {
    try {
      const bytes = readlinkSync(descriptorLink(this.descriptor), 'buffer');
      return bytes.equals(Buffer.from(this.#location));
    } catch {
      return false;
    }
  }
}

/**
 * The same file, of which a subclass of its wrapper or storage says something else; its size is what the
 * disk says.
 *
 * @internal
 */
export function restated(
  file: OpenFile,
  stat: () => Awaitable<FileStat>,
): Awaitable<OpenFile> {
  return orElse(
    () =>
      andThen(stat(), (other) =>
        withStat(file, { ...other, size: file.stat.size }),
      ),
    (error) => {
      file.close();
      throw error;
    },
  );
}

/**
 * The same file, of which something else is said.
 *
 * @internal
 */
export function withStat(file: OpenFile, stat: FileStat): OpenFile {
  return {
    stat,
    descriptor: file.descriptor,
    location: file.location,
    disk: file.disk,
    read: (window) => file.read(window),
    integrity: () => file.integrity(),
    close: () => file.close(),
  };
}

function openAtOnce(path: string): number {
  return openSync(path, READ_ONLY);
}

// The promises of node:fs would make a FileHandle for each file.
function openInPool(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, READ_ONLY, (error, descriptor) =>
      error ? reject(error) : resolve(descriptor),
    );
  });
}

function statAgain(descriptor: number): Promise<BigIntStats> {
  return new Promise((resolve, reject) => {
    fstat(descriptor, { bigint: true }, (error, stats) =>
      error ? reject(error) : resolve(stats),
    );
  });
}
