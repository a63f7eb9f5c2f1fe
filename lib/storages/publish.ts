import { hash } from 'node:crypto';
import { link, lstat, open, rename, unlink, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

import { StorageUnavailableError, quote } from '../errors/download-errors.js';
import { errorCode } from './local-disk.js';
import { type StorageContent } from './download-storage.js';
import { chunksToKeep } from './object-content.js';

/**
 * Writes a file that must not exist yet; nothing is left of one that fails.
 *
 * @internal
 */
export async function writeNew(
  path: string,
  content: StorageContent,
): Promise<void> {
  const whole = typeof content === 'string' || content instanceof Uint8Array;
  try {
    await pipeline(
      whole ? [content] : chunksToKeep(content),
      createWriteStream(path, { flags: 'wx' }),
    );
  } catch (error) {
    await unlink(path).catch(() => undefined);
    throw error;
  }
}

/**
 * The resolved path of a directory, or of what exists of it.
 *
 * @internal
 */
export async function realpathOfNearest(directory: string): Promise<string> {
  try {
    return await realpath(directory);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    return realpathOfNearest(dirname(directory));
  }
}

/** What link() fails with where a file system has no hard links, or no more of them for this file. */
const NO_LINKS = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EIO',
  'EMLINK',
]);

/**
 * Gives a finished file its name, unless that is taken; whoever sees it sees all of it. The file keeps its
 * temporary name, too, where it gets the new one by a hard link.
 *
 * @param shown the path as people know it
 * @returns whether the name was free
 * @internal
 */
export async function publish(
  temporary: string,
  path: string,
  shown = path,
): Promise<boolean> {
  try {
    // A link, unlike a rename, fails where the name is taken: two saves at once never lose a file.
    await link(temporary, path);
    return true;
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (code === 'EEXIST') return false;
    if (!NO_LINKS.has(code)) throw error;
    return publishByRename(temporary, path, shown);
  }
}

/**
 * A rename overwrites, so of those who want one name, one at a time may look whether it is free: who made
 * the reservation beside it.
 */
async function publishByRename(
  temporary: string,
  path: string,
  shown: string,
): Promise<boolean> {
  const reservation = reservationOf(path);
  await reserve(reservation, reservationOf(shown));
  try {
    if (await isTaken(path)) return false;
    await rename(temporary, path);
    return true;
  } finally {
    await unlink(reservation);
  }
}

/** File systems without links often take `A.txt` and `a.txt` for one name. */
function reservationOf(path: string): string {
  const name = basename(path).normalize().toLowerCase();
  const mark = hash('sha256', name, 'hex').slice(0, 32);
  return join(dirname(path), `.${mark}.reserved`);
}

const RETRY_MS = 10;
/** Somebody looks and renames in a moment; one who died in between left the reservation behind. */
const RETRIES = 500;

async function reserve(reservation: string, shown: string): Promise<void> {
  for (let retries = RETRIES; ; retries--) {
    try {
      const file = await open(reservation, 'wx');
      return await file.close();
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
      if (retries > 0) {
        await delay(RETRY_MS);
        continue;
      }
      throw new StorageUnavailableError(
        `${quote(shown)} is left from a process that died while it saved: remove it`,
        { cause: error },
      );
    }
  }
}

async function isTaken(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
