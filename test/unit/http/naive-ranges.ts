import type { RangeRequest } from '../../../lib/http/range.js';

/** The grammar of RFC 9110 sections 5.6.1.2, 14.1.1 and 14.1.2, written out for short headers. */
const SPEC = '(?:[0-9]+-[0-9]*|-[0-9]+)';
const HEADER = new RegExp(
  `^bytes=(?:${SPEC})?(?:[ \\t]*,[ \\t]*(?:${SPEC})?)*$`,
  'i',
);

/** What `rangesOf` should find, by painting each byte of a small file. */
export function naiveRanges(
  header: string,
  size: number,
  most: number,
): RangeRequest {
  const members = (header.split('=')[1] ?? '').match(/[\d-]+/g) ?? [];
  const valid = HEADER.test(header) && members.every((it) => !isBackwards(it));
  if (!valid || members.length === 0 || members.length > most || size === 0) {
    return 'ignore';
  }
  const asked = members.map((member) => bytesOf(member, size));
  const painted = new Set(asked.flat());
  if (painted.size === 0) return 'unsatisfiable';
  const starts = asked
    .filter((bytes) => bytes.length > 0)
    .map(([byte]) => edge(painted, byte, -1));
  return [...new Set(starts)].map((start) => ({
    start,
    end: edge(painted, start, 1),
  }));
}

function isBackwards(member: string): boolean {
  const [first, last] = member.split('-');
  return first !== '' && last !== '' && BigInt(last) < BigInt(first);
}

function bytesOf(member: string, size: number): number[] {
  const [first, last] = member.split('-');
  const all = Array.from({ length: size }, (_none, byte) => byte);
  return all.filter((byte) =>
    first === ''
      ? BigInt(byte) + BigInt(last) >= BigInt(size)
      : BigInt(byte) >= BigInt(first) &&
        (last === '' || BigInt(byte) <= BigInt(last)),
  );
}

function edge(painted: Set<number>, byte: number, step: number): number {
  let at = byte;
  while (painted.has(at + step)) at += step;
  return at;
}
