import { stat } from 'node:fs/promises';

import { type DownloadFile } from '../files/download-file.js';
import { type FileStat } from '../storages/file-stat.js';

/**
 * What nginx makes of a file's time, in whole seconds, and size: `"67c2d8a0-d"`.
 *
 * @internal
 */
export async function nginxValidators({
  path,
}: DownloadFile): Promise<Pick<FileStat, 'etag' | 'lastModified'>> {
  if (path === undefined) return { etag: undefined, lastModified: undefined };
  const { mtimeMs, size } = await stat(path);
  const seconds = Math.floor(mtimeMs / 1000);
  return {
    etag: `"${seconds.toString(16)}-${size.toString(16)}"`,
    lastModified: new Date(seconds * 1000),
  };
}
