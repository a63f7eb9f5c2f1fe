import { InvalidOptionsError } from '../errors/download-errors.js';
import { type DownloadFile, isDownloadFile } from '../files/download-file.js';
import { type Awaitable } from '../storages/awaitable.js';

/**
 * A file of an archive, and what is known of it. With `size` and `etag`, as a row or the listing of a store has
 * them, the file is not asked before its bytes are read; then it must still have that tag.
 *
 * @publicApi
 */
export interface ArchiveFileEntry {
  readonly file: DownloadFile;
  /** Where it lies inside the archive, with `/` between the segments: `2026/terms.pdf`; the file's name by default. */
  readonly path?: string;
  /** Bytes. Another size cuts the connection. */
  readonly size?: number;
  /** A strong entity tag of the file; quoted where it is not. */
  readonly etag?: string;
  /** The CRC-32 of the bytes, where it is known. Another one cuts the connection. TarFile needs none. */
  readonly crc32?: number;
  /** The file's own by default. */
  readonly lastModified?: Date;
  /** Permissions as Unix knows them; `0o644` by default. */
  readonly mode?: number;
}

/**
 * A directory of an archive, for one that may be empty; those that files lie in need no entry.
 *
 * @publicApi
 */
export interface ArchiveDirectory {
  /** With `/` at its end: `2026/drafts/`. */
  readonly path: string;
  readonly file?: undefined;
  readonly lastModified?: Date;
}

/**
 * What lies in an archive.
 *
 * @publicApi
 */
export type ArchiveEntry = DownloadFile | ArchiveFileEntry | ArchiveDirectory;

/**
 * The entries of an archive, or a function that gives them: for an archive that is asked for more than once.
 *
 * @publicApi
 */
export type ArchiveEntries =
  | Iterable<ArchiveEntry>
  | AsyncIterable<ArchiveEntry>
  | ((
      signal: AbortSignal,
    ) => Awaitable<Iterable<ArchiveEntry> | AsyncIterable<ArchiveEntry>>);

/**
 * @throws InvalidOptionsError for what is no entry
 * @internal
 */
export function checkedEntry(
  entry: unknown,
  owner: string,
): ArchiveFileEntry | ArchiveDirectory {
  if (isDownloadFile(entry)) return { file: entry };
  const wrong = (option: string, value: unknown, accepted: string): Error =>
    new InvalidOptionsError(`${owner}.entries[].${option}`, value, accepted);
  if (typeof entry !== 'object' || entry === null) {
    throw wrong('file', entry, 'Give file wrappers, or { file, path }.');
  }
  const given = entry as Partial<Record<keyof ArchiveFileEntry, unknown>>;
  for (const [name, [holds, accepted]] of Object.entries(CHECKS)) {
    const value = given[name as keyof ArchiveFileEntry];
    if (value !== undefined && !holds(value)) {
      throw wrong(name, value, accepted);
    }
  }
  const isDirectory = given.file === undefined;
  if (isDirectory && !(given.path as string | undefined)?.endsWith('/')) {
    const accepted =
      "Only a directory needs no file; its path ends with a slash: { path: 'drafts/' }.";
    throw wrong('path', given.path, accepted);
  }
  return entry as ArchiveFileEntry | ArchiveDirectory;
}

type Checks = Record<
  keyof ArchiveFileEntry,
  readonly [holds: (value: unknown) => boolean, accepted: string]
>;

const isCount = (value: unknown, most: number): boolean =>
  typeof value === 'number' &&
  Number.isSafeInteger(value) &&
  value >= 0 &&
  value <= most;

const CHECKS: Checks = {
  file: [isDownloadFile, 'Give a file wrapper: new LocalFile(path).'],
  path: [
    (value) => typeof value === 'string',
    "Give where it lies inside the archive: '2026/terms.pdf'.",
  ],
  size: [
    (value) => isCount(value, Number.MAX_SAFE_INTEGER),
    'Give whole bytes, or leave it out.',
  ],
  etag: [
    (value) => typeof value === 'string' && value !== '',
    'Give the entity tag as a string, or leave it out.',
  ],
  crc32: [
    (value) => isCount(value, 0xffffffff),
    'Give the CRC-32 as a number from 0 to 0xffffffff, or leave it out.',
  ],
  lastModified: [
    (value) => value instanceof Date && !Number.isNaN(value.getTime()),
    'Give a Date, or leave it out.',
  ],
  mode: [
    (value) => isCount(value, 0o777),
    'Give permissions from 0 to 0o777, or leave them out.',
  ],
};
