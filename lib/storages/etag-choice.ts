import { type BigIntStats } from 'node:fs';
import { hash, randomBytes } from 'node:crypto';

import { InvalidOptionsError } from '../errors/download-errors.js';
import { toEntityTag } from '../http/preconditions.js';
import { toReprDigest } from '../http/repr-digest.js';
import { type Awaitable } from './awaitable.js';
import { ContentHashes } from './content-hash.js';
import { type FileStat } from './file-stat.js';
import { localEntityTag } from './local-entity-tag.js';

/**
 * How the entity tag of a local file is made (RFC 9110 8.8.3).
 *
 * - `'inode'`: of inode, size and times. No two contents of a file share it, but no two copies either:
 *   replicas that have the same file each give it another tag.
 * - `'time'`: of size and the second of the last change, as web servers do, so that copies agree which kept
 *   their times. Two contents of one size, from one second, share it; while that second is not over, it
 *   matches nothing. Where the time says nothing (the epoch, 1980-01-01, npm's 1985-10-26, the 1 of
 *   Nix), it becomes `'content'`.
 * - `'content'`: the SHA-256 of the bytes, so that all copies agree. Each version of a file is read once,
 *   in a thread of its own, before its first answer; above `contentTagLimit` it is `'time'`.
 * - a function gives the tag itself, `"abc"` or `abc`; it must change whenever the bytes do.
 *
 * @publicApi
 */
export type Etag =
  | 'inode'
  | 'time'
  | 'content'
  | ((
      stat: FileStat,
      file: { readonly name: string; readonly path?: string | undefined },
    ) => Awaitable<string>);

const KINDS: readonly unknown[] = ['inode', 'time', 'content'];

/**
 * Whether it says how a tag is made, and is no tag itself.
 *
 * @internal
 */
export function isEtagKind(value: unknown): value is Etag {
  return KINDS.includes(value) || typeof value === 'function';
}

/**
 * How a tag is made, and up to which size.
 *
 * @internal
 */
export interface EtagChoice {
  readonly etag?: Etag | undefined;
  readonly contentTagLimit?: number | undefined;
}

/** 5 GiB are 3.7 seconds of a processor. */
const CONTENT_TAG_LIMIT = 1024 ** 3;

const hashes = new ContentHashes();

/**
 * @throws InvalidOptionsError
 * @internal
 */
export function checkEtagChoice(
  owner: string,
  { etag, contentTagLimit }: { etag?: unknown; contentTagLimit?: unknown },
): void {
  if (etag !== undefined && !isEtagKind(etag)) {
    throw new InvalidOptionsError(
      `${owner}etag`,
      etag,
      "Give 'inode', 'time', 'content' or a function of the facts and the file.",
    );
  }
  if (
    contentTagLimit !== undefined &&
    !(Number.isSafeInteger(contentTagLimit) && Number(contentTagLimit) >= 0)
  ) {
    throw new InvalidOptionsError(
      `${owner}contentTagLimit`,
      contentTagLimit,
      'Give whole bytes, 0 or more.',
    );
  }
}

/**
 * A local file that is open.
 *
 * @internal
 */
export interface OpenedFile {
  readonly path: string;
  readonly name: string;
  readonly descriptor: number;
  readonly stats: BigIntStats;
  /** Asks for its facts once more. */
  readonly again: () => Promise<BigIntStats>;
}

/**
 * The tag of a file, and what it stands for.
 *
 * @internal
 */
export interface Tagged {
  readonly etag: string;
  readonly stats: BigIntStats;
  /** As `FileStat.digest`, where the bytes were read for the tag. */
  readonly digest?: string;
}

/**
 * The tag of an open file as it is chosen, and the facts that it stands for.
 *
 * @internal
 */
export function chosenEntityTag(
  file: OpenedFile,
  choice: EtagChoice,
): Awaitable<Tagged> {
  const { etag = 'inode' } = choice;
  if (etag === 'inode') return localEntityTag(file.stats, file.again);
  if (typeof etag === 'function') return givenTag(file, etag);
  const { stats } = file;
  const limit = choice.contentTagLimit ?? CONTENT_TAG_LIMIT;
  const byContent =
    etag === 'content' || saysNothing(Number(stats.mtimeNs / SECOND));
  return byContent && stats.size <= BigInt(limit)
    ? contentTag(file)
    : { etag: timeTag(stats), stats };
}

async function givenTag(
  { stats, path, name }: OpenedFile,
  etag: Extract<Etag, (...parameters: never[]) => unknown>,
): Promise<Tagged> {
  const facts = { size: Number(stats.size), lastModified: stats.mtime };
  const text = await etag(facts, { name, path });
  const given = toEntityTag(text);
  if (given !== undefined) return { etag: given, stats };
  throw new InvalidOptionsError(
    'etag()',
    text,
    'Let it give an entity tag: \'"abc"\'.',
  );
}

/** What the file was when it was read to its end; one that changes meanwhile matches nothing. */
async function contentTag(file: OpenedFile): Promise<Tagged> {
  const before = await localEntityTag(file.stats, file.again);
  const { dev } = before.stats;
  const version = `${dev} ${before.etag}`;
  const digest = await hashes.of(version, file.descriptor, file.path);
  const stats = await file.again();
  const isSame =
    stats.size === before.stats.size &&
    stats.mtimeNs === before.stats.mtimeNs &&
    stats.ctimeNs === before.stats.ctimeNs;
  return isSame
    ? {
        etag: `"${digest}"`,
        stats: before.stats,
        digest: toReprDigest(digest),
      }
    : { etag: unmatched(digest), stats };
}

const SECOND = 1_000_000_000n;
const DAY = 86_400;
/** What Nix gives its files; before it are the epoch and times of no calendar. */
const NIX = 1;
/** The first day of MS-DOS and so of ZIP, in any zone. */
const DOS = 315_532_800;
/** What npm packs files with. */
const NPM = 499_162_500;
/** A time that is younger may not be the last one in its second. */
const SETTLED_MS = 2000;

function timeTag({ size, mtimeNs, mtimeMs }: BigIntStats): string {
  const tag = hash('sha256', `${size}.${mtimeNs / SECOND}`, 'base64url');
  const age = Date.now() - Number(mtimeMs);
  return age >= 0 && age < SETTLED_MS
    ? unmatched(tag.slice(0, 22))
    : `"${tag.slice(0, 22)}"`;
}

function unmatched(tag: string): string {
  return `"${tag}${randomBytes(6).toString('base64url')}"`;
}

/**
 * Whether a time is one that packers give to every file: of two such files of one size nobody could tell which it
 * is.
 *
 * @param seconds since 1970
 * @internal
 */
export function saysNothing(seconds: number): boolean {
  return seconds <= NIX || seconds === NPM || Math.abs(seconds - DOS) < DAY;
}

/**
 * Who says how a file is tagged: its own controller or handler before its storage, the module last.
 *
 * @internal
 */
export interface Tagging {
  readonly chosen?: EtagChoice;
  readonly fallback?: EtagChoice;
}

/**
 * One choice of several, the first that says something.
 *
 * @internal
 */
export function firstChoice(
  ...choices: readonly (EtagChoice | undefined)[]
): EtagChoice {
  return {
    etag: choices.find((choice) => choice?.etag !== undefined)?.etag,
    contentTagLimit: choices.find(
      (choice) => choice?.contentTagLimit !== undefined,
    )?.contentTagLimit,
  };
}
