import { constants } from 'node:fs';
import {
  type FileHandle,
  mkdir,
  open,
  readlink,
  realpath,
} from 'node:fs/promises';
import { join } from 'node:path';

import { SuspiciousPathError, quote } from '../errors/download-errors.js';
import {
  type Confinement,
  errorCode,
  isBelow,
  isHidden,
} from './local-disk.js';

/** Linux: what is opened so can be neither read nor written, only led from, and needs no right to be read. */
const O_PATH = 0o10000000;
const DIRECTORY = O_PATH | (constants.O_DIRECTORY ?? 0);

/**
 * A directory below a root.
 *
 * @internal
 */
export interface DirectoryBelow extends Confinement {
  readonly root: string;
  /** Of its path below the root. */
  readonly segments: readonly string[];
}

/**
 * Does something in a directory below a root that stays the same directory meanwhile, whatever is put in the place
 * of its name: where links are swapped, nothing is written or removed elsewhere.
 *
 * @param creates whether directories that are missing are made
 * @param work gets a path by which the directory is reached, for as long as it takes
 * @throws SuspiciousPathError where a link leads out of the root, or to a hidden directory where `dotfiles` is not set
 * @internal
 */
export async function withinDirectory<T>(
  { root, dotfiles, segments }: DirectoryBelow,
  creates: boolean,
  work: (place: string) => Promise<T>,
): Promise<T> {
  const base = await realpath(root);
  if (!(await canBeHeld())) {
    const directory = join(base, ...segments);
    if (creates) await mkdir(directory, { recursive: true });
    return work(directory);
  }
  let held = await open(base, DIRECTORY);
  try {
    for (const segment of segments) {
      const next = join(placeOf(held), segment);
      if (creates) await mkdirIfMissing(next);
      const inner = await open(next, DIRECTORY);
      await held.close();
      held = inner;
      const location = await readlink(placeOf(held));
      if (location !== base && !isBelow(base, location)) {
        throw new SuspiciousPathError(
          `${quote(segments.join('/'))} leaves its root by a link`,
        );
      }
      if (dotfiles !== true && isHidden(base, location)) {
        throw new SuspiciousPathError(
          `${quote(segments.join('/'))} leads to a hidden directory by a link`,
        );
      }
    }
    return await work(placeOf(held));
  } finally {
    await held.close();
  }
}

function placeOf({ fd }: FileHandle): string {
  return `/proc/self/fd/${fd}`;
}

let isAble: Promise<boolean> | undefined;

/** Elsewhere than on Linux, and where no /proc is mounted, there is no path that leads from what is open. */
function canBeHeld(): Promise<boolean> {
  isAble ??= rootLeadsBack().catch(() => false);
  return isAble;
}

async function rootLeadsBack(): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const held = await open('/', DIRECTORY);
  try {
    return (await readlink(placeOf(held))) === '/';
  } finally {
    await held.close();
  }
}

async function mkdirIfMissing(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}
