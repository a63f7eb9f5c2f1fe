import { stat as statOf } from 'node:fs/promises';

import { type DownloadFile } from '../files/download-file.js';
import { andThen, type Awaitable } from '../storages/awaitable.js';
import { type FileStat } from '../storages/file-stat.js';
import { openLocalFile } from '../storages/local-descriptor.js';

type Validators = Pick<FileStat, 'etag' | 'lastModified'>;

/**
 * The tag and the date of a server that makes them of a file's time, in whole seconds, and size.
 *
 * @param tagOf how it writes them
 * @internal
 */
export function diskValidators(
  tagOf: (seconds: number, size: number) => string,
): (
  file: DownloadFile,
  stat?: FileStat,
  disk?: FileStat,
) => Awaitable<Validators> {
  return (file, _stat, disk) =>
    andThen(diskFacts(file, disk), (facts) => {
      if (!facts) return { etag: undefined, lastModified: undefined };
      const seconds = Math.floor(facts.lastModified.getTime() / 1000);
      return {
        etag: `"${tagOf(seconds, facts.size)}"`,
        lastModified: new Date(seconds * 1000),
      };
    });
}

/**
 * A strong tag for a server that takes ours: the file's own, else the one of the file on the disk.
 *
 * @param disk what the disk said of the file when it was looked at
 * @internal
 */
export function strongTag(
  { path }: DownloadFile,
  { etag, lastModified }: FileStat,
  disk?: FileStat,
): Awaitable<Validators> {
  if (etag?.startsWith('"')) return { etag, lastModified };
  if (disk?.etag !== undefined) return { etag: disk.etag, lastModified };
  if (path === undefined) return { etag, lastModified };
  return andThen(openLocalFile(path), (open) => {
    open.close();
    return { etag: open.stat.etag, lastModified };
  });
}

/**
 * The same for a server that holds dates against the time of the file on the disk, whatever the answer
 * says.
 *
 * @param disk what the disk said of the file when it was looked at
 * @internal
 */
export function strongTagAndDiskDate(
  file: DownloadFile,
  stat: FileStat,
  disk?: FileStat,
): Awaitable<Validators> {
  return andThen(strongTag(file, stat, disk), ({ etag }) =>
    andThen(diskFacts(file, disk), (facts) => ({
      etag,
      lastModified: facts?.lastModified,
    })),
  );
}

/**
 * Size and time of a file as the server finds them on its disk.
 *
 * @param disk what the disk said of the file when it was looked at
 * @returns undefined for a file that lies on no disk
 * @internal
 */
export function diskFacts(
  { path }: DownloadFile,
  disk?: FileStat,
): Awaitable<{ size: number; lastModified: Date } | undefined> {
  const { size, lastModified } = disk ?? {};
  if (size !== undefined && lastModified) return { size, lastModified };
  if (path === undefined) return undefined;
  return statOf(path).then((stats) => ({
    size: stats.size,
    lastModified: stats.mtime,
  }));
}
