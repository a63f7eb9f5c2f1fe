import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readlink, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';

import { DownloadError } from '../errors/download.error.js';
import { FileNotFoundError } from '../errors/file-not-found.error.js';
import { quote } from '../errors/quote.js';
import { StorageUnavailableError } from '../errors/storage-unavailable.error.js';
import { SuspiciousPathError } from '../errors/suspicious-path.error.js';
import { type FileStat } from './file-stat.js';
import { type OpenFile } from './open-file.js';
import { hasDotfile, keySegments } from './storage-key.js';

/**
 * Where a local file may lie.
 *
 * @internal
 */
export interface Confinement {
  /** The directory that the file must not leave, not by a symlink either. */
  readonly root?: string;
  /** Whether names that begin with a dot are handed out from below the root. */
  readonly dotfiles?: boolean;
}

// A plain open of a FIFO waits for a writer, and four of them stop every fs call of the process.
const READ_ONLY =
  constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

const NO_SUCH_FILE = new Set([
  'ENOENT',
  'ENOTDIR',
  'ENAMETOOLONG',
  'ELOOP',
  'EISDIR',
  'ENXIO',
  'ENODEV',
  'EINVAL',
]);
const NOT_READABLE = new Set(['EACCES', 'EPERM']);

/**
 * The absolute path of `path` below `root`.
 *
 * @throws SuspiciousPathError when it lies elsewhere, or is hidden and `dotfiles` is not set
 * @internal
 */
export function confinedPath(
  path: string,
  root: string,
  dotfiles = false,
): string {
  const base = resolve(root);
  const inside = isAbsolute(path) ? relative(base, path) : path;
  const segments = keySegments(
    isAbsolute(path) ? inside.split(sep).join('/') : inside,
  );
  if (isAbsolute(inside) || (!dotfiles && hasDotfile(segments))) {
    throw new SuspiciousPathError(`${quote(path)} is not to be handed out`);
  }
  return join(base, ...segments);
}

/**
 * Opens a regular file; its facts and its bytes come from the same descriptor.
 *
 * @throws FileNotFoundError when it does not exist, is no regular file, lies outside the root or may
 *   not be read
 * @throws StorageUnavailableError when the disk or the process cannot (EIO, EMFILE)
 * @internal
 */
export async function openLocalFile(
  path: string,
  root?: string,
): Promise<OpenFile> {
  const handle = await open(path, READ_ONLY).catch((error: unknown) => {
    throw diskError(path, error);
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) {
      throw new FileNotFoundError(`${quote(path)} is not a regular file`);
    }
    if (root !== undefined) await requireBelow(root, path, handle);
    return heldOpen(handle, stats);
  } catch (error) {
    await handle.close();
    throw diskError(path, error);
  }
}

/**
 * What a failed call on a local path means for a download.
 *
 * @internal
 */
export function diskError(path: string, error: unknown): unknown {
  if (error instanceof DownloadError) return error;
  const code = errorCode(error);
  if (isNoSuchFile(error)) {
    return new FileNotFoundError(`${quote(path)}: ${code}`, { cause: error });
  }
  if (code !== undefined && NOT_READABLE.has(code)) {
    return new FileNotFoundError(
      `${quote(path)}: ${code}, the process may not read it; check its owner and mode`,
      { cause: error },
    );
  }
  return new StorageUnavailableError(`${quote(path)}: ${code ?? 'failed'}`, {
    cause: error,
  });
}

/**
 * Whether a failed call says that there is no regular file of this name, and can be none.
 *
 * @internal
 */
export function isNoSuchFile(error: unknown): boolean {
  return NO_SUCH_FILE.has(errorCode(error) ?? '');
}

/**
 * The code of a system error, such as ENOENT.
 *
 * @internal
 */
export function errorCode(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error
    ? String(error.code)
    : undefined;
}

/**
 * Whether `path` lies below `directory`; both absolute and resolved.
 *
 * @internal
 */
export function isBelow(directory: string, path: string): boolean {
  return path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}

async function requireBelow(
  root: string,
  path: string,
  handle: FileHandle,
): Promise<void> {
  const [directory, target] = await Promise.all([
    realpath(root),
    pathOfDescriptor(handle, path),
  ]);
  if (!isBelow(directory, target)) {
    throw new SuspiciousPathError(`${quote(path)} leaves its root by a link`);
  }
}

/** Where the open descriptor lies: Linux tells it exactly, elsewhere the path is resolved again. */
async function pathOfDescriptor(
  handle: FileHandle,
  path: string,
): Promise<string> {
  try {
    return await readlink(`/proc/self/fd/${handle.fd}`);
  } catch {
    return realpath(path);
  }
}

function heldOpen(handle: FileHandle, stats: Stats): OpenFile {
  const stat: FileStat = { size: stats.size, lastModified: stats.mtime };
  return {
    stat,
    read({ start = 0, end = stats.size - 1 } = {}) {
      // The window ends where the file ended when it was described: bytes appended since are not sent.
      if (end >= start) return handle.createReadStream({ start, end });
      void handle.close();
      return Readable.from([]);
    },
    close: () => handle.close(),
  };
}
