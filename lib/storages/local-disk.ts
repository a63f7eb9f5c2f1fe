import { stat } from 'node:fs/promises';
import { isAbsolute, join, normalize, relative, resolve, sep } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

import {
  DownloadError,
  FileNotFoundError,
  StorageUnavailableError,
  SuspiciousPathError,
  quote,
} from '../errors/download-errors.js';
import { memoized } from '../http/memoized.js';
import { hasDotfile, keySegments, notText } from './storage-key.js';

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
  if (typeof path !== 'string') throw notText(path);
  const base = absolute(root);
  // Most paths: nothing in them means anything but itself.
  if (sep === '/' && PLAIN.test(path)) {
    return base === sep ? base + path : base + sep + path;
  }
  if (isAbsolute(path) && !isNormal(path)) {
    throw new SuspiciousPathError(`${quote(path)} is not its own normal form`);
  }
  const inside = isAbsolute(path) ? relative(base, path) : path;
  const segments = keySegments(
    isAbsolute(path) ? inside.split(sep).join('/') : inside,
  );
  if (isAbsolute(inside) || (dotfiles !== true && hasDotfile(segments))) {
    throw new SuspiciousPathError(`${quote(path)} is not to be handed out`);
  }
  return join(base, inside);
}

/**
 * Whether a path is its own normal form: `/srv/x/../y` was put together from something, and leads out of what its author
 * had in mind.
 *
 * @internal
 */
export function isNormal(path: string): boolean {
  return normalize(path) === path.replaceAll('/', sep);
}

const PLAIN = /^[\w-][\w .-]*(?:\/[\w-][\w .-]*)*$/;

const absolute = memoized((root) => resolve(root));

/**
 * The path of a directory that may be given as a `file:` URL: an object, as Node takes it.
 *
 * @returns what is no absolute path as undefined
 * @internal
 */
export function directoryPath(root: unknown): string | undefined {
  if (root instanceof URL) return pathOfUrl(root);
  return typeof root === 'string' && isAbsolute(root) ? root : undefined;
}

function pathOfUrl(url: URL): string | undefined {
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

/**
 * @internal
 */
export async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
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
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error
      ? error.code
      : undefined;
  // An error may have the property and no value for it.
  return typeof code === 'string' || typeof code === 'number'
    ? String(code)
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

/**
 * Whether a name below `directory`, on the way to `path`, begins with a dot.
 *
 * @param path below the directory; both absolute and resolved
 * @internal
 */
export function isHidden(directory: string, path: string): boolean {
  return hasDotfile(path.slice(directory.length).split(sep));
}

// A file that the kernel has in memory is opened or read in some microseconds.
const SLOW_MS = 2;
// Then waiting for disks keeps the process from its work for at most a hundredth of the time.
const PAUSE_FOR_EACH_MS = 100;
// Of a disk that has to be waited for, the next calls are slow, too; one slow call alone has lost its core.
const NEAR_CALLS = 50;

/** The clock of a DiskPace, and how often the process has lost a core so far; 0 where nobody counts that. */
interface PaceGauge {
  now(): number;
  lostCores(): number;
}

const GAUGE: PaceGauge = {
  now: () => performance.now(),
  lostCores: () => process.resourceUsage().involuntaryContextSwitches,
};

/**
 * Whether calls on a disk are answered from memory. Then they are made at once: a trip to the thread
 * pool and back costs ten times the call. The second one of some that has to wait for a disk sends the next
 * ones to the pool for a while, where they keep nobody else waiting. A call that was slow since the process had
 * lost its core, as in a container that has used up its share, has waited for no disk.
 *
 * @internal
 */
export class DiskPace {
  #slowUntil = 0;
  /** To ask for lost cores costs as much as a call: only the calls after a slow one are watched. */
  #watchedCalls = 0;

  constructor(private readonly gauge = GAUGE) {}

  /**
   * Makes a call in the way that the last ones suggest.
   *
   * @throws what the call throws; rejects where it was made in the pool
   */
  call<Given extends readonly unknown[], T>(
    atOnce: (...given: Given) => T,
    inPool: (...given: Given) => Promise<T>,
    ...given: Given
  ): T | Promise<T> {
    const began = this.gauge.now();
    if (began < this.#slowUntil) return inPool(...given);
    const lost = this.#watchedCalls > 0 ? this.gauge.lostCores() : undefined;
    try {
      return atOnce(...given);
    } finally {
      this.#note(this.gauge.now(), began, lost);
    }
  }

  /** @param lost how often it had lost its core before, for a call that was watched */
  #note(now: number, began: number, lost: number | undefined): void {
    const took = now - began;
    if (took <= SLOW_MS) {
      if (lost !== undefined) this.#watchedCalls -= 1;
      return;
    }
    this.#watchedCalls = NEAR_CALLS;
    if (lost !== undefined && this.gauge.lostCores() === lost) {
      this.#slowUntil = now + took * PAUSE_FOR_EACH_MS;
    }
  }
}

/**
 * The pace of the disks of this machine, for the whole process.
 *
 * @internal
 */
export const diskPace = new DiskPace();
