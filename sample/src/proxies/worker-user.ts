import { chmod, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { dataDirectory, directories } from '../directories.js';

/** Started by root, a web server reads files as another user; else it is whoever starts it. */
export const workerUser =
  process.getuid?.() === 0 ? process.env.PROXY_USER || 'www-data' : undefined;

/**
 * Lets that user into the directories that hold files, and write into the temporary one: lighttpd keeps
 * uploads there until they are whole.
 *
 * @throws where one above them is closed: it is not the sample's to open
 */
export async function letWorkersIn(temporary: string): Promise<void> {
  if (workerUser === undefined || workerUser === 'root') return;
  const { assets, media, public: open } = directories;
  await chmod(temporary, 0o1733);
  for (const own of [dataDirectory, media, open]) await chmod(own, 0o711);
  for (const directory of [assets, media, open]) {
    const closed = await closedOnTheWayTo(directory);
    if (closed === undefined) continue;
    throw new Error(
      `The web server runs as ${workerUser}, who cannot enter ${closed}. Move the sample, or set DATA_DIR, or set PROXY_USER=root.`,
    );
  }
}

async function closedOnTheWayTo(
  directory: string,
): Promise<string | undefined> {
  const above = dirname(directory);
  if (above !== directory) {
    const closed = await closedOnTheWayTo(above);
    if (closed !== undefined) return closed;
  }
  const { mode } = await stat(directory);
  return mode & 0o001 ? undefined : directory;
}
