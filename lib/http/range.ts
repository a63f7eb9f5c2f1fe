import { parseRangeSet, type RangeSpec } from './range-set.js';

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
  return ranges.length > 0 ? merge(ranges) : 'unsatisfiable';
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
