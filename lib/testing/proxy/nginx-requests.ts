import { type IncomingHttpHeaders } from 'node:http';

import { parseHttpDate } from '../../http/preconditions.js';
import { type ByteRange } from '../../http/range.js';

/**
 * What nginx holds conditions against.
 *
 * @internal
 */
export interface NginxValidators {
  /** Undefined where it was told to make none: `etag off`. */
  readonly etag?: string;
  /** Whole seconds. */
  readonly lastModified: Date;
  /** Whether If-Modified-Since is left aside: `if_modified_since off`. */
  readonly ignoresDate?: boolean;
}

const MOST_RANGES = 50;
const LARGEST = 2n ** 63n - 1n;
const MEMBER = /^ *(?:(\d+) *- *(\d*)|-(\d+)) *$/;

/**
 * The status by which nginx answers the conditions of a request. It takes tags as text, If-Modified-Since by
 * the very second, and answers 304 only where both conditions say so.
 *
 * @internal
 */
export function nginxStatus(
  headers: IncomingHttpHeaders,
  { etag, lastModified, ignoresDate = false }: NginxValidators,
): 200 | 304 | 412 {
  const {
    'if-match': ifMatch,
    'if-none-match': ifNoneMatch,
    'if-modified-since': ifModifiedSince,
    'if-unmodified-since': ifUnmodifiedSince,
  } = headers;
  const time = lastModified.getTime();
  if (ifUnmodifiedSince !== undefined && !(timeOf(ifUnmodifiedSince) >= time)) {
    return 412;
  }
  if (ifMatch !== undefined && !lists(ifMatch, etag)) return 412;
  const isModified = ignoresDate || timeOf(ifModifiedSince) !== time;
  if (ifModifiedSince !== undefined && isModified) return 200;
  if (ifNoneMatch !== undefined) {
    return lists(ifNoneMatch, etag, /^W\//) ? 304 : 200;
  }
  return ifModifiedSince === undefined ? 200 : 304;
}

/**
 * The ranges that nginx sends. It merges none, answers what is malformed by 416, and sends the whole file where
 * the ranges are more together.
 *
 * @returns undefined for the whole file, no ranges for 416
 * @internal
 */
export function nginxRanges(
  { range, 'if-range': ifRange }: IncomingHttpHeaders,
  { etag, lastModified }: Partial<NginxValidators>,
  size: number,
): readonly ByteRange[] | undefined {
  if (range === undefined || !/^bytes=./i.test(range)) return undefined;
  if (ifRange !== undefined) {
    const isTag = String(ifRange).endsWith('"');
    if (isTag && ifRange !== etag) return undefined;
    if (!isTag && timeOf(String(ifRange)) !== lastModified?.getTime()) {
      return undefined;
    }
  }
  const ranges: ByteRange[] = [];
  for (const member of range.slice('bytes='.length).split(',')) {
    const asked = rangeOf(member, size);
    if (!asked) return [];
    if (asked.start <= asked.end) ranges.push(asked);
    else if (asked.start === 0) return undefined;
    if (ranges.length > MOST_RANGES) return undefined;
  }
  const total = ranges.reduce(
    (sum, { start, end }) => sum + end - start + 1,
    0,
  );
  return total > size ? undefined : ranges;
}

/** One that ends before it begins asks for nothing; undefined for one that is malformed. */
function rangeOf(member: string, size: number): ByteRange | undefined {
  const match = MEMBER.exec(member);
  if (!match) return undefined;
  const [, first, last, suffix] = match as (string | undefined)[];
  if (
    [first, last, suffix].some((digits) => digits && BigInt(digits) > LARGEST)
  ) {
    return undefined;
  }
  if (suffix !== undefined) {
    return { start: Math.max(0, size - Number(suffix)), end: size - 1 };
  }
  const end = last ? Math.min(Number(last), size - 1) : size - 1;
  return { start: Number(first), end };
}

function timeOf(date: string | undefined): number {
  return parseHttpDate(date)?.getTime() ?? NaN;
}

function lists(header: string, etag?: string, prefix = /(?!)/): boolean {
  const members = header
    .split(',')
    .map((member) => member.trim().replace(prefix, ''));
  return header === '*' || (etag !== undefined && members.includes(etag));
}
