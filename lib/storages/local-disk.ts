import { isAbsolute, join, relative, resolve, sep } from 'node:path';

import {
  DownloadError,
  FileNotFoundError,
  StorageUnavailableError,
  SuspiciousPathError,
} from '../errors/download-errors.js';
import { quote } from '../errors/quote.js';
import { remembered } from '../http/remembered.js';
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
  const base = absolute(root);
  const inside = isAbsolute(path) ? relative(base, path) : path;
  const segments = keySegments(
    isAbsolute(path) ? inside.split(sep).join('/') : inside,
  );
  if (isAbsolute(inside) || (dotfiles !== true && hasDotfile(segments))) {
    throw new SuspiciousPathError(`${quote(path)} is not to be handed out`);
  }
  return join(base, inside);
}

const absolute = remembered((root) => resolve(root));

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
