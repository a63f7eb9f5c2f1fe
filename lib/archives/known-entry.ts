import { setImmediate as nextTurn } from 'node:timers/promises';

import {
  FileNotFoundError,
  InvalidOptionsError,
} from '../errors/download-errors.js';
import { type DownloadFile } from '../files/download-file.js';
import { readOnce } from '../files/virtual-file.js';
import { toEntityTag } from '../http/preconditions.js';
import { type FileStat, versionOf } from '../storages/file-stat.js';
import {
  type ArchiveDirectory,
  type ArchiveEntries,
  type ArchiveEntry,
  type ArchiveFileEntry,
  checkedEntry,
} from './archive-entry.js';
import { EntryPaths } from './entry-paths.js';
import { DerivedFile } from '../files/derived-file.js';
import { LocalFile } from '../files/local-file.js';
import { StorageFile } from '../files/storage-file.js';

/**
 * An entry of which everything is known that can be known before its bytes are read.
 *
 * @internal
 */
export interface KnownEntry {
  /** None for a directory. */
  readonly file: DownloadFile | undefined;
  /** Safe to be unpacked, and like no other of the archive; with `/` at its end for a directory. */
  readonly path: string;
  readonly size: number | undefined;
  /** A strong one. */
  readonly etag: string | undefined;
  /** Seconds since 1970. */
  readonly modified: number | undefined;
  readonly mode: number;
  /** As the application has given it. */
  readonly givenCrc32: number | undefined;
  /** Once it is known, from whomever. */
  crc32: number | undefined;
  readonly contentType: string | undefined;
  readonly encoding: string | undefined;
}

/**
 * How entries are drawn.
 *
 * @internal
 */
export interface EntryOptions {
  /** The class, for messages. */
  readonly owner: string;
  readonly missing: 'fail' | 'skip';
  readonly signal?: AbortSignal;
}

const FILE_MODE = 0o644;
const DIRECTORY_MODE = 0o755;
const ASKED_AT_ONCE = 16;
// What is in memory is answered at once, and thousands of such answers in a row would hold up everybody else.
const LONGEST_TURN_MS = 4;

/**
 * Draws the entries one after the other, and asks their files for facts, some at once.
 *
 * @throws InvalidOptionsError for what is no entry, and for entries that can be drawn once and were drawn before
 * @throws FileNotFoundError where a file is missing and must not be
 * @internal
 */
export async function* knownEntries(
  entries: ArchiveEntries,
  options: EntryOptions,
): AsyncGenerator<KnownEntry, void> {
  const paths = new EntryPaths();
  const asked: Promise<AskedEntry | undefined>[] = [];
  let turnEnds = performance.now() + LONGEST_TURN_MS;
  for await (const entry of await drawn(entries, options)) {
    options.signal?.throwIfAborted();
    if (performance.now() > turnEnds) {
      await nextTurn();
      turnEnds = performance.now() + LONGEST_TURN_MS;
    }
    const asking = ask(entry, options);
    // Its turn to be heard may never come.
    asking.catch(() => undefined);
    asked.push(asking);
    if (asked.length < ASKED_AT_ONCE) continue;
    const known = placed(await asked.shift(), paths);
    if (known) yield known;
  }
  for (const asking of asked) {
    const known = placed(await asking, paths);
    if (known) yield known;
  }
}

async function drawn(
  entries: ArchiveEntries,
  { owner, signal = new AbortController().signal }: EntryOptions,
): Promise<Iterable<ArchiveEntry> | AsyncIterable<ArchiveEntry>> {
  const source: unknown =
    typeof entries === 'function' ? await entries(signal) : entries;
  if (!isEntries(source)) {
    throw new InvalidOptionsError(
      `${owner}.entries`,
      source,
      'Give an iterable or async iterable of entries, or a function that gives one.',
    );
  }
  const remedy = `new ${owner}(() => entries(), { name })`;
  readOnce(source, `${owner}.entries`, remedy);
  return source;
}

/**
 * @internal
 */
export function isEntries(
  value: unknown,
): value is Iterable<ArchiveEntry> | AsyncIterable<ArchiveEntry> {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Symbol.iterator in value || Symbol.asyncIterator in value)
  );
}

interface AskedEntry {
  readonly entry: ArchiveFileEntry | ArchiveDirectory;
  readonly stat: FileStat;
}

async function ask(
  given: ArchiveEntry,
  { owner, missing, signal }: EntryOptions,
): Promise<AskedEntry | undefined> {
  const entry = checkedEntry(given, owner);
  if (!entry.file) return { entry, stat: {} };
  if (entry.size !== undefined && entry.etag !== undefined) {
    return { entry, stat: {} };
  }
  try {
    return { entry, stat: await entry.file.stat({ signal }) };
  } catch (error) {
    if (missing === 'skip' && error instanceof FileNotFoundError) {
      return undefined;
    }
    throw error;
  }
}

function placed(
  asked: AskedEntry | undefined,
  paths: EntryPaths,
): KnownEntry | undefined {
  if (!asked) return undefined;
  const { entry, stat } = asked;
  if (!entry.file) return directoryOf(entry, paths);
  const { file, path, mode = FILE_MODE } = entry;
  const { size = stat.size } = entry;
  const etag = entry.etag === undefined ? undefined : toEntityTag(entry.etag);
  return {
    file,
    path:
      path === undefined
        ? paths.ofName(stat.name ?? file.name)
        : paths.ofFile(path),
    size,
    etag: versionOf(etag === undefined ? stat : { etag }),
    modified: secondsOf(entry.lastModified ?? stat.lastModified),
    mode,
    givenCrc32: entry.crc32,
    crc32: entry.crc32 ?? stat.crc32 ?? (size === 0 ? 0 : undefined),
    contentType: stat.contentType,
    encoding: stat.encoding,
  };
}

function directoryOf(
  { path, lastModified }: ArchiveDirectory,
  paths: EntryPaths,
): KnownEntry | undefined {
  const own = paths.ofDirectory(path);
  if (own === undefined) return undefined;
  return {
    file: undefined,
    path: own,
    size: 0,
    etag: undefined,
    modified: secondsOf(lastModified),
    mode: DIRECTORY_MODE,
    givenCrc32: 0,
    crc32: 0,
    contentType: undefined,
    encoding: undefined,
  };
}

function secondsOf(date: Date | undefined): number | undefined {
  const seconds = Math.floor((date?.getTime() ?? NaN) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

// Some 15 MB.
const MOST = 100_000;

const known = new Map<string, number>();
const storages = new WeakMap<object, number>();
let storageCount = 0;

/**
 * The CRC-32 of a file that was read before, of whichever archive: for as long as its strong tag is the same.
 *
 * @internal
 */
export function rememberedCrc32(entry: KnownEntry): number | undefined {
  if (known.size === 0) return undefined;
  const key = keyOf(entry);
  return key === undefined ? undefined : known.get(key);
}

/** @internal */
export function rememberCrc32(entry: KnownEntry): void {
  const key = keyOf(entry);
  if (key === undefined || entry.crc32 === undefined) return;
  if (known.size >= MOST) forgetOldest();
  known.set(key, entry.crc32);
}

function forgetOldest(): void {
  for (const key of known.keys()) {
    known.delete(key);
    return;
  }
}

function keyOf({ file, etag }: KnownEntry): string | undefined {
  if (etag === undefined) return undefined;
  const place = destinationOf(file);
  return place === undefined ? undefined : `${place}\0${etag}`;
}

function destinationOf(file: KnownEntry['file']): string | undefined {
  if (file instanceof LocalFile) return `\0${file.path}`;
  if (!(file instanceof StorageFile || file instanceof DerivedFile)) {
    return undefined;
  }
  let number = storages.get(file.storage);
  if (number === undefined) {
    number = storageCount++;
    storages.set(file.storage, number);
  }
  return `${number}\0${file.key}`;
}
