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
