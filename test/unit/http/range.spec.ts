import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rangesOf, type ByteRange } from '../../../lib/http/range.js';
import { anyHeader, nearlyRange, wellFormedRange } from './any-range.js';
import { naiveRanges } from './naive-ranges.js';

const SIZE = 1000;
const MAX = Number.MAX_SAFE_INTEGER;
const WHOLE = '0-999';

/** `0-9 20-29` for the ranges, or the word. */
function summary(header: string | undefined, size: number, most?: number) {
  const ranges = rangesOf(header, size, most);
  return typeof ranges === 'string'
    ? ranges
    : ranges.map(({ start, end }) => `${start}-${end}`).join(' ');
}

function check(title: string, rows: [string, string][], size = SIZE): void {
  describe(`${title}, of ${size} bytes`, () => {
    it.each(rows)('%j: %s', (header, expected) => {
      expect(summary(header, size)).toBe(expected);
    });
  });
}

check('one range', [
  ['bytes=0-0', '0-0'],
  ['bytes=0-499', '0-499'],
  ['bytes=500-999', '500-999'],
  ['bytes=0-999', WHOLE],
  ['bytes=007-0009', '7-9'],
  ['bytes=999-999', '999-999'],
  ['bytes=0-', WHOLE],
  ['bytes=999-', '999-999'],
  ['bytes=-1', '999-999'],
  ['bytes=-500', '500-999'],
  ['bytes=-1000', WHOLE],
  ['bytes=-1001', WHOLE],
  ['bytes=990-1000', '990-999'],
  ['Bytes=1-2', '1-2'],
  ['BYTES=1-2', '1-2'],
]);

check('nothing to send', [
  ['bytes=1000-', 'unsatisfiable'],
  ['bytes=1000-1000', 'unsatisfiable'],
  ['bytes=1000-2000, 3000-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=-000', 'unsatisfiable'],
  ['bytes=-0,-0', 'unsatisfiable'],
]);

check('several ranges', [
  ['bytes=0-0,-1', '0-0 999-999'],
  ['bytes=-1,0-0', '999-999 0-0'],
  ['bytes=500-600,601-999', '500-999'],
  ['bytes=601-999,500-600', '500-999'],
  ['bytes=500-700,601-999', '500-999'],
  ['bytes=500-600,602-999', '500-600 602-999'],
  ['bytes=0-99,10-19', '0-99'],
  ['bytes=10-19,0-99', '0-99'],
  ['bytes=0-,0-,0-', WHOLE],
  ['bytes=0-,-1', WHOLE],
  ['bytes=90-99,50-59,60-69,0-9', '90-99 50-69 0-9'],
  ['bytes=60-69,90-99,50-59', '50-69 90-99'],
  ['bytes=20-29,0-9,10-19,50-59', '0-29 50-59'],
  ['bytes=0-0,2000-', '0-0'],
  ['bytes=2000-,0-0,-0', '0-0'],
  ['bytes=100-9999,0-9', '100-999 0-9'],
]);

check('one byte', [['bytes=0-0,-1', '0-0']], 1);

check('blanks and empty members', [
  ['bytes=0-0, 5-5', '0-0 5-5'],
  ['bytes=0-0 ,5-5', '0-0 5-5'],
  ['bytes=0-0\t,\t 5-5', '0-0 5-5'],
  ['bytes=,0-0', '0-0'],
  ['bytes= ,0-0', '0-0'],
  ['bytes=, 0-0', '0-0'],
  ['bytes=0-0,', '0-0'],
  ['bytes=0-0 ,', '0-0'],
  ['bytes=0-0, ', '0-0'],
  ['bytes=,, ,0-0,,\t, 5-5,,', '0-0 5-5'],
]);

check('malformed', [
  ['', 'ignore'],
  ['bytes', 'ignore'],
  ['bytes=', 'ignore'],
  ['bytes= ', 'ignore'],
  ['bytes=,', 'ignore'],
  ['bytes=, ,', 'ignore'],
  ['bytes=-', 'ignore'],
  ['bytes=--', 'ignore'],
  ['bytes=--5', 'ignore'],
  ['bytes=5', 'ignore'],
  ['bytes=5-2', 'ignore'],
  ['bytes=10-9', 'ignore'],
  ['bytes=0-0,5-2', 'ignore'],
  ['bytes=5-2,0-0', 'ignore'],
  ['bytes=2000-1000', 'ignore'],
  ['bytes=-5-9', 'ignore'],
  ['bytes=0--5', 'ignore'],
  ['bytes=0-1-2', 'ignore'],
  ['bytes=0-1,x', 'ignore'],
  ['bytes=0-1,-', 'ignore'],
  ['bytes=abc', 'ignore'],
  ['bytes=a-b', 'ignore'],
  ['bytes=1.0-2', 'ignore'],
  ['bytes=1-2.5', 'ignore'],
  ['bytes=0x0-0xF', 'ignore'],
  ['bytes=1e1-2e1', 'ignore'],
  ['bytes=+1-2', 'ignore'],
  ['bytes=Infinity-', 'ignore'],
  ['bytes=*', 'ignore'],
  ['bytes=0-1;2-3', 'ignore'],
  ['bytes="0-1"', 'ignore'],
  ['bytes=\u0661-\u0662', 'ignore'],
  ['bytes= 0-1', 'ignore'],
  ['bytes=\t0-1', 'ignore'],
  ['bytes=0 -1', 'ignore'],
  ['bytes=0- 1', 'ignore'],
  ['bytes=0-1 2-3', 'ignore'],
  ['bytes=0-1 ', 'ignore'],
  ['bytes=0-1, 2-3 ', 'ignore'],
  ['bytes=0-\u00A0', 'ignore'],
  ['bytes=0-1\u00A0,2-3', 'ignore'],
  ['bytes=0-1\n', 'ignore'],
  ['bytes=0-1\r\nX: y', 'ignore'],
  ['bytes=0-1\0', 'ignore'],
  ['bytes=0-1, bytes=2-3', 'ignore'],
]);

check('another unit', [
  ['items=0-1', 'ignore'],
  ['byte=0-1', 'ignore'],
  ['bytess=0-1', 'ignore'],
  ['byte\u017F=0-1', 'ignore'],
  ['x-bytes=0-1', 'ignore'],
  ['seconds=0-1, bytes=0-1', 'ignore'],
  ['=0-1', 'ignore'],
  ['0-1', 'ignore'],
  ['bytes 0-1', 'ignore'],
  ['bytes:0-1', 'ignore'],
  ['bytes =0-1', 'ignore'],
  [' bytes=0-1', 'ignore'],
  ['none', 'ignore'],
]);

check('large numbers', [
  ['bytes=9223372036854775807-', 'unsatisfiable'],
  ['bytes=18446744073709551616-', 'unsatisfiable'],
  ['bytes=18446744073709551616-18446744073709551617', 'unsatisfiable'],
  ['bytes=4294967296-4294967297', 'unsatisfiable'],
  ['bytes=9007199254740993-9007199254740993', 'unsatisfiable'],
  ['bytes=9007199254740993-9007199254740992', 'ignore'],
  ['bytes=0009007199254740992-9007199254740993', 'unsatisfiable'],
  ['bytes=99999999999999999999-5', 'ignore'],
  ['bytes=0-18446744073709551615', WHOLE],
  ['bytes=5-99999999999999999999', '5-999'],
  ['bytes=-99999999999999999999', WHOLE],
  ['bytes=-9223372036854775808', WHOLE],
  ['bytes=0-0,9223372036854775807-', '0-0'],
  ['bytes=9223372036854775807-,-9223372036854775807', WHOLE],
]);

check(
  'an empty file',
  [
    ['bytes=0-', 'ignore'],
    ['bytes=0-0', 'ignore'],
    ['bytes=-1', 'ignore'],
    ['bytes=-0', 'ignore'],
    ['bytes=5-', 'ignore'],
  ],
  0,
);

check(
  'a file as large as numbers go',
  [
    [`bytes=${MAX - 1}-`, `${MAX - 1}-${MAX - 1}`],
    ['bytes=-1', `${MAX - 1}-${MAX - 1}`],
    [`bytes=${MAX}-`, 'unsatisfiable'],
    ['bytes=9007199254740992-', 'unsatisfiable'],
    ['bytes=0-9007199254740993', `0-${MAX - 1}`],
    ['bytes=-9007199254740992', `0-${MAX - 1}`],
    ['bytes=9007199254740989-9007199254740989', `${MAX - 2}-${MAX - 2}`],
  ],
  MAX,
);

describe('at most so many ranges', () => {
  const apart = (count: number) =>
    Array.from(
      { length: count },
      (_none, index) => `${2 * index}-${2 * index}`,
    );

  it('50 are served', () => {
    expect(rangesOf(`bytes=${apart(50).join()}`, SIZE)).toHaveLength(50);
  });

  it.each([
    ['51', apart(51)],
    ['51 that would be merged into one', Array<string>(51).fill('0-')],
    [
      '51, of which one lies in the file',
      ['0-0', ...Array<string>(50).fill('5000-')],
    ],
    ['51 beyond the end of the file', Array<string>(51).fill('5000-')],
    ['10,000', apart(10_000)],
    ['10,000 that overlap', Array<string>(10_000).fill('0-')],
  ])('%s are not', (_title, members) => {
    expect(rangesOf(`bytes=${members.join()}`, SIZE)).toBe('ignore');
  });

  it('empty members do not count', () => {
    const header = `bytes=${','.repeat(60)}0-0${','.repeat(60)}`;
    expect(summary(header, SIZE)).toBe('0-0');
  });

  it('as the caller says', () => {
    expect(summary('bytes=0-0,2-2', SIZE, 2)).toBe('0-0 2-2');
    expect(summary('bytes=0-0,2-2,4-4', SIZE, 2)).toBe('ignore');
  });

  it('10,000 come back in their order where that many are allowed', () => {
    const members = apart(10_000).reverse();
    expect(summary(`bytes=${members.join()}`, 20_000, 10_000)).toBe(
      members.join(' '),
    );
  });

  it('10,000 that overlap make one', () => {
    const members = apart(10_000).map((member) => member.split('-')[0] + '-');
    expect(summary(`bytes=${members.join()}`, 20_000, 10_000)).toBe('0-19999');
  });
});

describe('64 KiB', () => {
  const LENGTH = 64 * 1024;
  const commas = ','.repeat(LENGTH);
  const blanks = ' '.repeat(LENGTH);
  const nines = '9'.repeat(LENGTH);
  const zeros = '0'.repeat(LENGTH);

  it.each([
    ['commas', `bytes=${commas}`, 'ignore'],
    ['commas before a range', `bytes=${commas}0-0`, '0-0'],
    ['commas after a range', `bytes=0-0${commas}`, '0-0'],
    ['commas between ranges', `bytes=0-0${commas}5-5`, '0-0 5-5'],
    ['commas, then rubbish', `bytes=${commas}x`, 'ignore'],
    ['blanks', `bytes=${blanks}`, 'ignore'],
    ['blanks beside a comma', `bytes=0-0${blanks},${blanks}5-5`, '0-0 5-5'],
    ['blanks, then rubbish', `bytes=0-0${blanks}x`, 'ignore'],
    ['commas and blanks', `bytes=${', '.repeat(LENGTH / 2)}`, 'ignore'],
    ['digits', `bytes=${nines}`, 'ignore'],
    ['digits of a start', `bytes=${nines}-`, 'unsatisfiable'],
    ['digits of an end', `bytes=5-${nines}`, '5-999'],
    ['digits of a suffix', `bytes=-${nines}`, WHOLE],
    ['digits twice', `bytes=${nines}1-${nines}0`, 'ignore'],
    ['zeros', `bytes=${zeros}5-${zeros}7`, '5-7'],
    ['zeros of a suffix', `bytes=-${zeros}`, 'unsatisfiable'],
    ['hyphens', `bytes=${'-'.repeat(LENGTH)}`, 'ignore'],
    ['the unit', 'bytes='.repeat(LENGTH / 6), 'ignore'],
    ['a name of a unit', `${'b'.repeat(LENGTH)}=0-0`, 'ignore'],
  ])('of %s', (_title, header, expected) => {
    expect(summary(header, SIZE)).toBe(expected);
  });
});

describe('rangesOf', () => {
  it('without the header', () => {
    expect(rangesOf(undefined, SIZE)).toBe('ignore');
  });

  it('holds for every header: inside the file, apart, and none empty', () => {
    fc.assert(
      fc.property(anyHeader, fc.nat(60), fc.nat(15), (header, size, most) => {
        const ranges = rangesOf(header, size, most);
        if (typeof ranges === 'string') return;
        expect(ranges.length).toBeGreaterThan(0);
        expect(ranges.length).toBeLessThanOrEqual(most);
        expect(ranges.filter((range) => !isWithin(range, size))).toEqual([]);
        const byStart = [...ranges].sort((a, b) => a.start - b.start);
        const gaps = byStart.slice(1).map((it, i) => it.start - byStart[i].end);
        expect(gaps.filter((gap) => gap < 2)).toEqual([]);
        expect(sum(ranges)).toBeLessThanOrEqual(size);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['well-formed', wellFormedRange],
    ['nearly well-formed', nearlyRange],
  ])('finds in every %s header what painting finds', (_title, headers) => {
    fc.assert(
      fc.property(headers, fc.nat(40), fc.nat(12), (header, size, most) => {
        expect(rangesOf(header, size, most)).toEqual(
          naiveRanges(header, size, most),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps the order asked', () => {
    const places = fc.uniqueArray(fc.nat(400), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(places, (indexes) => {
        const asked = indexes.map((index) => `${2 * index}-${2 * index}`);
        expect(summary(`bytes=${asked.join()}`, SIZE)).toBe(asked.join(' '));
      }),
    );
  });
});

function isWithin({ start, end }: ByteRange, size: number): boolean {
  return (
    Number.isInteger(start) &&
    Number.isInteger(end) &&
    start >= 0 &&
    start <= end &&
    end < size
  );
}

function sum(ranges: ByteRange[]): number {
  return ranges.reduce((bytes, { start, end }) => bytes + end - start + 1, 0);
}
