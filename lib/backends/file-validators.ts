import { stat as statOf } from 'node:fs/promises';

import { type DownloadFile } from '../files/download-file.js';
import { type FileStat } from '../storages/file-stat.js';
import { openLocalFile } from '../storages/local-descriptor.js';

type Validators = Pick<FileStat, 'etag' | 'lastModified'>;

/**
 * A strong tag for a server that takes ours: the file's own, else the one of the file on the disk.
 *
 * @internal
 */
export async function strongTag(
  { path }: DownloadFile,
  { etag, lastModified }: FileStat,
): Promise<Validators> {
  if (etag?.startsWith('"') || path === undefined) {
    return { etag, lastModified };
  }
  const open = await openLocalFile(path);
  open.close();
  return { etag: open.stat.etag, lastModified };
}

/**
 * The same for a server that holds dates against the time of the file on the disk, whatever the answer
 * says.
 *
 * @internal
 */
export async function strongTagAndDiskDate(
  file: DownloadFile,
  stat: FileStat,
): Promise<Validators> {
  const { etag } = await strongTag(file, stat);
  const lastModified =
    file.path === undefined ? undefined : (await statOf(file.path)).mtime;
  return { etag, lastModified };
}
