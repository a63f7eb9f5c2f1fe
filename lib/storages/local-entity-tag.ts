import { hash, randomBytes } from 'node:crypto';
import { type BigIntStats } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { type Awaitable } from './awaitable.js';

/**
 * What the tag of a local file is made from.
 *
 * @internal
 */
export type TaggedStats = Pick<
  BigIntStats,
  'ino' | 'size' | 'mtimeNs' | 'ctimeNs'
>;

// Kernels before 6.13 stamp files by a clock that ticks every 4 to 10 ms; twice that is safe.
const TICK_MS = 20;
// A file system that keeps whole seconds shows two writes within one of them as one.
const SECOND_MS = 2000;
const NS_PER_MS = 1_000_000n;
const NS_PER_SECOND = 1_000_000_000n;

/**
 * A strong entity tag (RFC 9110 8.8.1) of an open file: no two contents of it share one. The inode goes
 * in, since two new files often share a time and `touch -r` makes all times equal; it is hashed, so that
 * it does not show. The device does not: a remount changes its number.
 *
 * A file that was written within the last tick of the clock could be written again without a new time,
 * so the tick is waited out, once. One that keeps being written, or whose times are whole seconds and
 * fresh, gets a tag that matches nothing.
 *
 * @param stats of the open file
 * @param again asks for them again
 * @param now milliseconds since 1970
 * @returns the tag, and the stats that it stands for
 * @internal
 */
export function localEntityTag<S extends TaggedStats>(
  stats: S,
  again: () => Promise<S>,
  now: () => number = Date.now,
): Awaitable<{ etag: string; stats: S }> {
  const age = ageOf(stats, now());
  if (isWholeSecond(stats) && age < SECOND_MS) {
    return { etag: unmatched(stats), stats };
  }
  if (age >= TICK_MS) return { etag: tagOf(stats), stats };
  return tagAfter(TICK_MS - Math.max(age, 0), stats, again);
}

async function tagAfter<S extends TaggedStats>(
  milliseconds: number,
  stats: S,
  again: () => Promise<S>,
): Promise<{ etag: string; stats: S }> {
  await delay(milliseconds);
  const later = await again();
  const etag =
    later.ctimeNs === stats.ctimeNs ? tagOf(later) : unmatched(later);
  return { etag, stats: later };
}

function ageOf({ ctimeNs }: TaggedStats, now: number): number {
  return now - Number(ctimeNs / NS_PER_MS);
}

function isWholeSecond({ ctimeNs }: TaggedStats): boolean {
  return ctimeNs % NS_PER_SECOND === 0n;
}

// Hashing costs as much as opening the file does. By inode, since a file keeps its own; bounded.
const lastTags = new Map<bigint, { stats: TaggedStats; tag: string }>();
const MOST_TAGS = 1000;

function tagOf(stats: TaggedStats): string {
  const last = lastTags.get(stats.ino);
  if (last && isSame(last.stats, stats)) return last.tag;
  const { ino, size, mtimeNs, ctimeNs } = stats;
  const tag = `"${digest(`${ino}.${size}.${mtimeNs}.${ctimeNs}`)}"`;
  if (lastTags.size >= MOST_TAGS) lastTags.clear();
  lastTags.set(ino, { stats: { ino, size, mtimeNs, ctimeNs }, tag });
  return tag;
}

function isSame(one: TaggedStats, other: TaggedStats): boolean {
  return (
    one.ino === other.ino &&
    one.size === other.size &&
    one.mtimeNs === other.mtimeNs &&
    one.ctimeNs === other.ctimeNs
  );
}

/** Strong, and no other request will ever see it again. */
function unmatched(stats: TaggedStats): string {
  return `${tagOf(stats).slice(0, -1)}${randomBytes(6).toString('base64url')}"`;
}

function digest(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}
