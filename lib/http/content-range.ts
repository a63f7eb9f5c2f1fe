import type { ByteRange } from './range.js';
import type { RangeSpec } from './range-set.js';

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
