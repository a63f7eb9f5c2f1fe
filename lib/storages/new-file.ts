import { createWriteStream } from 'node:fs';
import { realpath, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { type StorageContent } from './download-storage.js';
import { errorCode } from './local-disk.js';
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
