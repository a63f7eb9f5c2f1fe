import { parseEntityTag, strongMatch } from './entity-tag.js';
import { parseHttpDate } from './http-date.js';
import type { Validators } from './preconditions.js';

const SECOND = 1000;

/**
 * Whether Range may be obeyed, RFC 9110 section 13.1.5: the client's part must be of the very
 * file that is there now. Where this is false, the whole file is sent.
 *
 * @param header the value of If-Range.
 * @internal
 */
export function ifRangeHolds(
  header: string | undefined,
  validators: Validators,
  now: Date,
): boolean {
  if (header === undefined) return true;
  const tag = parseEntityTag(header);
  if (tag) {
    const current = parseEntityTag(validators.etag ?? '');
    return current !== undefined && strongMatch(tag, current);
  }
  const date = parseHttpDate(header, now);
  return date !== undefined && isSecond(date, validators.lastModified, now);
}

/**
 * Exactly the date, not a later one. While its second lasts, it is a weak validator (RFC 9110
 * section 8.8.2.2): the file may change once more and keep it.
 */
function isSecond(
  date: Date,
  lastModified: Date | undefined,
  now: Date,
): boolean {
  if (!lastModified) return false;
  const second = Math.floor(lastModified.getTime() / SECOND) * SECOND;
  return date.getTime() === second && second + SECOND <= now.getTime();
}
