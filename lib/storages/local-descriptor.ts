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
} from '../errors/download-errors.js';
import { quote } from '../errors/quote.js';
import { type FileStat, type ReadWindow } from './file-stat.js';
import { diskPace, diskError, isBelow } from './local-disk.js';
import {
  chosenEntityTag,
  type EtagChoice,
  type Tagged,
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
   * A stream of the window; it closes the file when it ends or is destroyed.
   *
   * @throws FileChangedError where `ifMatch` is another tag; the file is closed then, too
   */
  read(window?: ReadWindow): Readable;
  /** Whether the bytes that were described are still there: not truncated, not written over. */
  isIntact(): boolean;
  /** Lets go of a file that is not going to be read by `read()`. */
  close(): void;
}

// A plain open of a FIFO waits for a writer, and four of them stop every fs call of the process.
const READ_ONLY =
  constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/**
 * How a local file is opened.
 *
 * @internal
 */
export interface OpenOptions extends EtagChoice {
  /** The directory that the file must not leave, not by a link either. */
  readonly root?: string;
  /** What functions that make tags are told; the last segment of the path by default. */
  readonly name?: string;
}

/**
 * Opens a regular file; its facts and its bytes come from the same descriptor. Only the open itself may
 * have to wait for a disk: what is asked about an open file is in memory.
 *
 * @throws FileNotFoundError when it does not exist, is no regular file, lies outside the root or may
 *   not be read
 * @throws StorageUnavailableError when the disk or the process cannot (EIO, EMFILE)
 * @internal
 */
export async function openLocalFile(
  path: string,
  { root, name = basename(path), ...choice }: OpenOptions = {},
): Promise<OpenFile> {
  let descriptor: number | undefined;
  try {
    descriptor = await diskPace.call(
      () => openSync(path, READ_ONLY),
      () => opened(path),
    );
    const first = fstatSync(descriptor, { bigint: true });
    if (!first.isFile()) {
      throw new FileNotFoundError(`${quote(path)} is not a regular file`);
    }
    if (root !== undefined) requireBelow(root, path, descriptor);
    const again = statAgain.bind(undefined, descriptor);
    const file = { path, name, descriptor, stats: first, again };
    return heldOpen(descriptor, await chosenEntityTag(file, choice));
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    throw diskError(path, error);
  }
}

function requireBelow(root: string, path: string, descriptor: number): void {
  const actual = pathOfDescriptor(descriptor, path);
  // Where the root itself is reached by a link, its own path is asked for too.
  if (!isBelow(root, actual) && !isBelow(realpathSync.native(root), actual)) {
    throw new SuspiciousPathError(`${quote(path)} leaves its root by a link`);
  }
}

/** Where the open descriptor lies: Linux tells it exactly, elsewhere the path is resolved again. */
function pathOfDescriptor(descriptor: number, path: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return realpathSync.native(path);
  }
}

function heldOpen(
  descriptor: number,
  { stats, etag, digest }: Tagged,
): OpenFile {
  const facts = factsOf(stats);
  return {
    descriptor,
    stat:
      digest === undefined ? { ...facts, etag } : { ...facts, etag, digest },
    read({ start = 0, end = facts.size - 1, ifMatch } = {}) {
      if (ifMatch !== undefined && ifMatch !== etag) {
        closeSync(descriptor);
        throw new FileChangedError('The file is another one now');
      }
      // The window ends where the file ended when it was described: bytes appended since are not sent.
      if (end >= start) {
        return createReadStream('', { fd: descriptor, start, end });
      }
      closeSync(descriptor);
      return Readable.from([]);
    },
    isIntact() {
      const now = fstatSync(descriptor, { bigint: true });
      return (
        now.size > stats.size ||
        (now.size === stats.size && now.mtimeNs === stats.mtimeNs)
      );
    },
    close: () => closeSync(descriptor),
  };
}

function factsOf(stats: BigIntStats): { size: number; lastModified: Date } {
  return { size: Number(stats.size), lastModified: stats.mtime };
}

// The promises of node:fs would make a FileHandle for each file.
function opened(path: string): Promise<number> {
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
