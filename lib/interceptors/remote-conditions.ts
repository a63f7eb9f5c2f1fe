import { type IncomingHttpHeaders } from 'node:http';

import { type RemoteConditions } from '../files/download-file.js';
import {
  formatEntityTag,
  parseEntityTag,
  parseEntityTags,
} from '../http/entity-tag.js';
import { formatHttpDate, parseHttpDate } from '../http/preconditions.js';
import { parseRangeSet, type RangeSpec } from '../http/range.js';

/**
 * What of a GET goes up to the origin of its file, written anew: one range, and what the client knows of
 * the file. Several ranges are not asked for, so that the whole comes back. If-Match and If-Unmodified-Since
 * are judged by the answer; where the client sends them, so is all that comes after them in the order of
 * RFC 9110 section 13.2.2 but the range.
 *
 * @param judgesDates whether the application itself says what has changed since a date
 * @internal
 */
export function remoteConditions(
  headers: IncomingHttpHeaders,
  judgesDates: boolean,
  now: Date = new Date(),
): RemoteConditions {
  const conditions = rangeOf(headers, now);
  if (
    headers['if-match'] !== undefined ||
    parseHttpDate(headers['if-unmodified-since'])
  ) {
    return conditions;
  }
  const tags = headers['if-none-match'];
  if (tags !== undefined) {
    return { ...conditions, ifNoneMatch: formattedTags(tags) };
  }
  const since = judgesDates
    ? undefined
    : parseHttpDate(headers['if-modified-since'], now);
  return { ...conditions, ifModifiedSince: since && formatHttpDate(since) };
}

/** Without an If-Range that could hold, the range is not wanted (RFC 9110 13.1.5). */
function rangeOf(headers: IncomingHttpHeaders, now: Date): RemoteConditions {
  const [spec] = parseRangeSet(headers.range ?? '', 1) ?? [];
  if (!spec) return {};
  const range = formattedRange(spec);
  const given = headers['if-range']?.toString();
  if (given === undefined) return { range };
  const ifRange = strongTag(given) ?? pastDate(given, now);
  return ifRange === undefined ? {} : { range, ifRange };
}

/** No file has so many bytes, and a larger number has no digits of its own. */
function formattedRange(spec: RangeSpec): string {
  const digits = (value: number): number =>
    Math.min(value, Number.MAX_SAFE_INTEGER);
  if ('suffix' in spec) return `bytes=-${digits(spec.suffix)}`;
  const last = spec.last === Infinity ? '' : digits(spec.last);
  return `bytes=${digits(spec.first)}-${last}`;
}

function strongTag(value: string): string | undefined {
  const tag = parseEntityTag(value);
  return tag && !tag.weak ? formatEntityTag(tag) : undefined;
}

/** While its second lasts, the file may change once more and keep the date. */
function pastDate(value: string, now: Date): string | undefined {
  const date = parseHttpDate(value, now);
  return date && date.getTime() + 1000 <= now.getTime()
    ? formatHttpDate(date)
    : undefined;
}

function formattedTags(header: string): string | undefined {
  const tags = parseEntityTags(header);
  if (tags === '*') return tags;
  return tags.length > 0 ? tags.map(formatEntityTag).join(', ') : undefined;
}
