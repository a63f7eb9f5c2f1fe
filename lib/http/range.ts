import { randomBytes } from 'node:crypto';
import { validateHeaderValue } from 'node:http';

/**
 * One member of a byte range set as it was asked for, RFC 9110 section 14.1.2. A number above
 * `Number.MAX_SAFE_INTEGER` is not exact any more, but is still beyond the end of every file.
 *
 * @internal
 */
export type RangeSpec =
  | { first: number; /** Infinity in an open range. */ last: number }
  | { suffix: number };

const UNIT = 'bytes=';
const SPEC = /(\d+)-(\d*)|-(\d+)/y;
const GAP = /[ \t,]+/y;

/**
 * Parses Range (RFC 9110 section 14.2) where it asks for bytes. One malformed member spoils the
 * whole set; empty members are skipped, as section 5.6.1.2 has it for every list. A set of more
 * than `most` members is not read to its end.
 *
 * @internal
 */
export function parseRangeSet(
  header: string,
  most: number,
): RangeSpec[] | undefined {
  if (header.slice(0, UNIT.length).toLowerCase() !== UNIT) return undefined;
  const specs: RangeSpec[] = [];
  let position = UNIT.length;
  while (position < header.length) {
    const gap = matchAt(GAP, header, position)?.[0] ?? '';
    position += gap.length;
    if (!separates(gap, specs.length === 0)) return undefined;
    if (position === header.length) break;
    const match = matchAt(SPEC, header, position);
    const spec = match && toSpec(match);
    if (!spec || specs.length === most) return undefined;
    specs.push(spec);
    position += match[0].length;
  }
  return specs.length > 0 ? specs : undefined;
}

/** Blanks stand only beside a comma, which every member but the first needs before it. */
function separates(gap: string, isFirst: boolean): boolean {
  return gap.includes(',') || (isFirst && gap === '');
}

/** RFC 9110 section 14.1.1: a range that ends before it begins is invalid. */
function toSpec(match: RegExpExecArray): RangeSpec | undefined {
  const [, first, last, suffix] = match as (string | undefined)[];
  if (first === undefined) return { suffix: Number(suffix) };
  if (!last) return { first: Number(first), last: Infinity };
  return isLess(last, first)
    ? undefined
    : { first: Number(first), last: Number(last) };
}

/** Compares digits as text, because two large numbers may have become the same one. */
function isLess(a: string, b: string): boolean {
  const [left, right] = [a, b].map((digits) => digits.replace(/^0+/, ''));
  return left.length === right.length
    ? left < right
    : left.length < right.length;
}

function matchAt(
  pattern: RegExp,
  text: string,
  position: number,
): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}

/**
 * Bytes of a file, the one at `end` included, as in RFC 9110 section 14.1.2.
 *
 * @internal
 */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * One range as Range has it.
 *
 * @internal
 */
export function rangeField(range: RangeSpec): string {
  if ('suffix' in range) return `bytes=-${range.suffix}`;
  return `bytes=${range.first}-${range.last === Infinity ? '' : range.last}`;
}

/**
 * What is to be sent: these ranges (206), the whole file (200), or nothing (416).
 *
 * @internal
 */
export type RangeRequest = ByteRange[] | 'ignore' | 'unsatisfiable';

/**
 * The ranges of a file that Range asks for, RFC 9110 sections 14.1.2 and 14.2: in the order
 * asked, none empty, and every byte of the file at most once. Of several ranges those beyond
 * the end of the file are left out.
 *
 * @param most how many ranges may be asked for, counted before they are merged; past that the
 *   header is ignored, as RFC 9110 section 14.2 allows.
 * @internal
 */
export function rangesOf(
  header: string | undefined,
  size: number,
  most = 50,
): RangeRequest {
  if (header === undefined || size === 0) return 'ignore';
  const asked = parseRangeSet(header, most);
  if (!asked) return 'ignore';
  const ranges = asked
    .map((spec) => withinFile(spec, size))
    .filter((range) => range !== undefined);
  if (ranges.length === 0) return 'unsatisfiable';
  return ranges.length === 1 ? ranges : merge(ranges);
}

/** A suffix of no bytes starts at the end of the file, and so is unsatisfiable, too. */
function withinFile(spec: RangeSpec, size: number): ByteRange | undefined {
  const { first, last } =
    'suffix' in spec
      ? { first: Math.max(0, size - spec.suffix), last: Infinity }
      : spec;
  return first < size
    ? { start: first, end: Math.min(last, size - 1) }
    : undefined;
}

/**
 * Merges ranges that overlap or adjoin, RFC 9110 section 15.3.7.2. The merged one stands where
 * the first of them was asked for.
 */
function merge(ranges: ByteRange[]): ByteRange[] {
  const merged: (ByteRange & { place: number })[] = [];
  const byStart = ranges
    .map((range, place) => ({ ...range, place }))
    .sort((a, b) => a.start - b.start);
  for (const range of byStart) {
    const before = merged.at(-1);
    if (before && range.start <= before.end + 1) {
      before.end = Math.max(before.end, range.end);
      before.place = Math.min(before.place, range.place);
    } else {
      merged.push(range);
    }
  }
  return merged
    .sort((a, b) => a.place - b.place)
    .map(({ start, end }) => ({ start, end }));
}

/**
 * What a Content-Range says: the bytes that are sent, or that none are (416), and the size of the whole,
 * where it is known.
 *
 * @internal
 */
export interface ContentRange {
  readonly range?: ByteRange;
  readonly size?: number;
}

const FIELD = /^bytes (?:(\d{1,15})-(\d{1,15})|\*)\/(?:(\d{1,15})|\*)$/i;

/**
 * Content-Range of a 206, or of one part of it, RFC 9110 section 14.4.
 *
 * @param size of the whole; undefined where nobody knows it
 * @internal
 */
export function contentRange(
  range: ByteRange,
  size: number | undefined,
): string {
  return `bytes ${range.start}-${range.end}/${size ?? '*'}`;
}

/**
 * Content-Range of a 416, RFC 9110 section 15.5.17.
 *
 * @internal
 */
export function unsatisfiedRange(size: number): string {
  return `bytes */${size}`;
}

/**
 * Parses Content-Range (RFC 9110 section 14.4). A range that ends before it begins, or outside of the
 * whole, is invalid.
 *
 * @internal
 */
export function parseContentRange(
  value: string | undefined,
): ContentRange | undefined {
  const match = FIELD.exec(value ?? '');
  if (!match) return undefined;
  const [, first, last, total] = match as (string | undefined)[];
  const size = total === undefined ? undefined : Number(total);
  if (first === undefined) return size === undefined ? undefined : { size };
  const range = { start: Number(first), end: Number(last) };
  const fits = range.start <= range.end && range.end < (size ?? Infinity);
  return fits ? { range, size } : undefined;
}

/**
 * Whether a Content-Range is the answer to this one range: the very bytes of the size that it names. For
 * none (416) that is so where the whole has none of them. A suffix of a whole of unknown size is nothing
 * that could be checked.
 *
 * @internal
 */
export function answersRange(
  { range, size }: ContentRange,
  asked: RangeSpec,
): boolean {
  const { start, last } =
    'suffix' in asked
      ? { start: Math.max(0, (size ?? NaN) - asked.suffix), last: Infinity }
      : { start: asked.first, last: asked.last };
  if (!range) return !(start < (size ?? 0));
  if (range.start !== start) return false;
  return size === undefined
    ? range.end === last || last === Infinity
    : range.end === Math.min(last, size - 1);
}

const BOUNDARY_BYTES = 16;

/**
 * The body of a 206 with several ranges, RFC 9110 section 14.6: of each part the head and then
 * the bytes of its range, and at last the tail.
 *
 * @internal
 */
export interface MultipartPlan {
  boundary: string;
  /** Content-Type of the whole answer; that of the file stands in the parts. */
  contentType: string;
  /** Content-Length: all heads, all ranges and the tail. */
  length: number;
  parts: { head: Buffer; range: ByteRange }[];
  tail: Buffer;
}

/**
 * Plans a multipart/byteranges body, RFC 9110 section 14.6 and RFC 2046 section 5.1.1.
 *
 * @param contentType the Content-Type that the whole file would have.
 * @throws TypeError for a Content-Type that no header can hold.
 * @internal
 */
export function planMultipart(
  ranges: ByteRange[],
  size: number,
  contentType: string,
  boundary: string,
): MultipartPlan {
  // These header lines stand in a body, where Node does not check them.
  validateHeaderValue('Content-Type', contentType);
  const parts = ranges.map((range) => ({
    head: Buffer.from(
      // The line break belongs to the boundary, not to the bytes before it. nginx and Apache send it before
      // the first one too, and zsync waits for it.
      `\r\n--${boundary}\r\n` +
        `Content-Type: ${contentType}\r\n` +
        `Content-Range: ${contentRange(range, size)}\r\n\r\n`,
      'latin1',
    ),
    range,
  }));
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1');
  return {
    boundary,
    contentType: `multipart/byteranges; boundary=${boundary}`,
    length: parts.reduce(
      (sum, { head, range }) => sum + head.length + range.end - range.start + 1,
      tail.length,
    ),
    parts,
    tail,
  };
}

/**
 * A boundary that nobody can guess and put into a file, RFC 2046 section 5.1.1: 128 random bits,
 * in characters that need no quotes in Content-Type.
 *
 * @internal
 */
export function randomBoundary(): string {
  return randomBytes(BOUNDARY_BYTES).toString('hex');
}
