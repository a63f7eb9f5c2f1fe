import { randomBytes } from 'node:crypto';
import { sep } from 'node:path';

import {
  FileNotFoundError,
  SuspiciousPathError,
  kindOf,
  quote,
} from '../errors/download-errors.js';

/**
 * The segments of a relative path or storage key. Names are never normalised: the path that was
 * authorised is the path that is opened.
 *
 * @throws SuspiciousPathError for a key that is empty, absolute, has an empty, `.` or `..` segment, a
 *   NUL or half a surrogate pair; on Windows also for a backslash or a colon (drives and streams).
 * @internal
 */
export function keySegments(key: string): string[] {
  if (typeof key !== 'string') throw notText(key);
  const segments = key.split('/');
  if (!segments.every(isPlainSegment)) {
    throw new SuspiciousPathError(`${quote(key)} is not a plain relative path`);
  }
  return segments;
}

/**
 * What a path or key is that is no text. Types are the program's own: where a query has a name twice it gives a list,
 * and nothing where it has none.
 *
 * @internal
 */
export function notText(path: unknown): SuspiciousPathError {
  return new SuspiciousPathError(
    `${String(kindOf(path))} was given in place of a path or key`,
  );
}

/**
 * Whether a path has a segment that begins with a dot.
 *
 * @internal
 */
export function hasDotfile(segments: readonly string[]): boolean {
  return segments.some((segment) => segment.startsWith('.'));
}

/**
 * The last segment of a key or path.
 *
 * @internal
 */
export function lastSegment(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

function isPlainSegment(segment: string): boolean {
  return (
    segment !== '' &&
    segment !== '.' &&
    segment !== '..' &&
    // Half a surrogate pair has no UTF-8: Node would open U+FFFD, another name, in its place.
    !/[\0\p{Cs}]/u.test(segment) &&
    !(sep === '\\' && /[\\:]/.test(segment))
  );
}

// What file systems give a name; object stores give more.
const LONGEST_NAME = 255;
const LONGEST_EXTENSION = 20;

/**
 * The same key with a random suffix before the extension: `reports/q3.pdf` becomes
 * `reports/q3_x7Fk2bQp.pdf`. A name that would get too long for a file system loses the end of its stem.
 *
 * @internal
 */
export function withRandomSuffix(key: string): string {
  const nameStart = key.lastIndexOf('/') + 1;
  const dot = key.lastIndexOf('.');
  const hasExtension = dot > nameStart && key.length - dot <= LONGEST_EXTENSION;
  const stemEnd = hasExtension ? dot : key.length;
  const end = `_${randomBytes(6).toString('base64url')}${key.slice(stemEnd)}`;
  const room = LONGEST_NAME - Buffer.byteLength(end);
  return (
    key.slice(0, nameStart) +
    firstBytes(key.slice(nameStart, stemEnd), room) +
    end
  );
}

/** `encodeInto` stops before a code point that does not fit, so none is ever split. */
function firstBytes(text: string, limit: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(limit));
  return text.slice(0, read);
}

/**
 * Whether there is a file, by the facts that are asked for.
 *
 * @throws what the storage throws, but for a file that is missing
 * @internal
 */
export async function isFound(stat: Promise<unknown>): Promise<boolean> {
  try {
    await stat;
    return true;
  } catch (error) {
    if (error instanceof FileNotFoundError) return false;
    throw error;
  }
}
