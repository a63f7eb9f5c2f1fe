import { sep } from 'node:path';

import { quote } from '../errors/quote.js';
import { SuspiciousPathError } from '../errors/download-errors.js';

/**
 * The segments of a relative path or storage key. Names are never normalised: the path that was
 * authorised is the path that is opened.
 *
 * @throws SuspiciousPathError for a key that is empty, absolute, has an empty, `.` or `..` segment, a
 *   NUL or half a surrogate pair; on Windows also for a backslash or a colon (drives and streams).
 * @internal
 */
export function keySegments(key: string): string[] {
  const segments = key.split('/');
  if (!segments.every(isPlainSegment)) {
    throw new SuspiciousPathError(`${quote(key)} is not a plain relative path`);
  }
  return segments;
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
