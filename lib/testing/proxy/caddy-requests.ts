import { type IncomingHttpHeaders } from 'node:http';

import { ifRangeHolds, type Validators } from '../../http/preconditions.js';
import { type ByteRange } from '../../http/range.js';

const MEMBER = /^(?:(\d+)[ \t]*-[ \t]*(\d*)|-(\d+))$/;

/**
 * The ranges that Caddy sends where conditions are left to it. It merges none, answers what is malformed by
 * 416, and sends the whole file where the ranges are more together.
 *
 * @returns undefined for the whole file, no ranges for 416, and `malformed` for a 416 that tells no size
 * @internal
 */
export function caddyRanges(
  headers: IncomingHttpHeaders,
  validators: Validators,
  size: number,
): readonly ByteRange[] | 'malformed' | undefined {
  const { range: header, 'if-range': ifRange } = headers;
  if (header === undefined) return undefined;
  if (!ifRangeHolds(ifRange?.toString(), validators, new Date()))
    return undefined;
  if (!header.startsWith('bytes=')) return 'malformed';
  const members = header
    .slice('bytes='.length)
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  const asked = members.map((member) => rangeOf(member, size));
  const ranges = asked.filter((range) => range !== undefined);
  if (ranges.length < asked.length) return 'malformed';
  const inside = ranges.filter(({ start }) => start < size);
  const total = inside.reduce(
    (sum, { start, end }) => sum + end - start + 1,
    0,
  );
  const isWhole = asked.length === 0 || size === 0 || total > size;
  return isWhole ? undefined : inside;
}

function rangeOf(member: string, size: number): ByteRange | undefined {
  const [, first, last, suffix] =
    (MEMBER.exec(member) as (string | undefined)[] | null) ?? [];
  const numbers = [first, last, suffix].filter(Boolean).map(Number);
  // Beyond 64 bits, where a number as imprecise as this one is large enough to tell.
  if (numbers.some((number) => number >= 2 ** 63)) return undefined;
  if (suffix !== undefined) {
    return { start: Math.max(0, size - Number(suffix)), end: size - 1 };
  }
  if (first === undefined) return undefined;
  const start = Number(first);
  if (last && Number(last) < start && start < size) return undefined;
  return { start, end: last ? Math.min(Number(last), size - 1) : size - 1 };
}
