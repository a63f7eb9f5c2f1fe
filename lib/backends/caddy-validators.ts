import { stat } from 'node:fs/promises';

import { type DownloadFile } from '../files/download-file.js';
import { type FileStat } from '../storages/file-stat.js';

/**
 * What Caddy up to 2.6 makes of a file's time, in whole seconds, and size: `"sshlts6"`.
 *
 * @internal
 */
export async function caddyValidators({
  path,
}: DownloadFile): Promise<Pick<FileStat, 'etag' | 'lastModified'>> {
  if (path === undefined) return { etag: undefined, lastModified: undefined };
  const { mtimeMs, size } = await stat(path);
  const seconds = Math.floor(mtimeMs / 1000);
  return {
    etag: `"${seconds.toString(36)}${size.toString(36)}"`,
    lastModified: new Date(seconds * 1000),
  };
}
