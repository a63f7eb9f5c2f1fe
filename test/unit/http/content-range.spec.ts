import { describe, expect, it } from '@jest/globals';
import {
  answersRange,
  contentRange,
  parseContentRange,
  unsatisfiedRange,
} from '../../../lib/http/range.js';

describe('contentRange', () => {
  it.each([
    [0, 0, 1, 'bytes 0-0/1'],
    [42, 1233, 1234, 'bytes 42-1233/1234'],
    [
      0,
      9007199254740990,
      9007199254740991,
      'bytes 0-9007199254740990/9007199254740991',
    ],
  ])('%d to %d of %d', (start, end, size, expected) => {
    expect(contentRange({ start, end }, size)).toBe(expected);
  });

  it('of a whole that nobody knows the size of', () => {
    expect(contentRange({ start: 1, end: 2 }, undefined)).toBe('bytes 1-2/*');
  });
});

describe('unsatisfiedRange', () => {
  it.each([
    [0, 'bytes */0'],
    [47022, 'bytes */47022'],
  ])('of %d', (size, expected) => {
    expect(unsatisfiedRange(size)).toBe(expected);
  });
});

describe('parseContentRange', () => {
  it.each([
    ['bytes 0-0/1', { range: { start: 0, end: 0 }, size: 1 }],
    ['Bytes 42-1233/1234', { range: { start: 42, end: 1233 }, size: 1234 }],
    ['bytes 42-1233/*', { range: { start: 42, end: 1233 } }],
    ['bytes */47022', { size: 47022 }],
    ['bytes */0', { size: 0 }],
  ])('reads %j', (value, expected) => {
    expect(parseContentRange(value)).toEqual(expected);
  });

  it.each([
    [undefined],
    [''],
    ['bytes'],
    ['bytes */*'],
    ['bytes 0-/1'],
    ['bytes 2-1/3'],
    ['bytes 0-3/3'],
    ['bytes 0-1'],
    ['bytes=0-1/2'],
    ['bytes 0-1/2, bytes 0-1/2'],
    ['bytes  0-1/2'],
    ['items 0-1/2'],
    ['bytes -1-1/2'],
    ['bytes 0-1/2 '],
    ['bytes 0-1e1/20'],
    ['bytes 0-9999999999999999/*'],
  ])('refuses %j', (value) => {
    expect(parseContentRange(value)).toBeUndefined();
  });
});

describe('answersRange', () => {
  const of10 = (start: number, end: number) => ({
    range: { start, end },
    size: 10,
  });
  const OPEN = { first: 4, last: Infinity };

  it.each([
    [{ first: 2, last: 4 }, of10(2, 4)],
    [{ first: 2, last: 99 }, of10(2, 9)],
    [{ first: 2, last: 4 }, { range: { start: 2, end: 4 } }],
    [OPEN, of10(4, 9)],
    [OPEN, { range: { start: 4, end: 7 } }],
    [{ suffix: 3 }, of10(7, 9)],
    [{ suffix: 99 }, of10(0, 9)],
    [{ first: 10, last: 12 }, { size: 10 }],
    [{ suffix: 0 }, { size: 10 }],
    [{ suffix: 5 }, { size: 0 }],
  ])('for %j is so with %j', (asked, received) => {
    expect(answersRange(received, asked)).toBe(true);
  });

  it.each([
    ['another start', { first: 2, last: 4 }, of10(3, 4)],
    ['another end', { first: 2, last: 4 }, of10(2, 3)],
    ['more than was asked for', { first: 2, last: 4 }, of10(2, 5)],
    ['an end before that of the file', OPEN, of10(4, 8)],
    [
      'another end of a whole of unknown size',
      { first: 2, last: 4 },
      { range: { start: 2, end: 3 } },
    ],
    ['a longer suffix', { suffix: 3 }, of10(6, 9)],
    ['a suffix before the end', { suffix: 3 }, of10(6, 8)],
    [
      'a suffix of a whole of unknown size',
      { suffix: 3 },
      { range: { start: 7, end: 9 } },
    ],
    ['none, though there are some', { first: 2, last: 4 }, { size: 10 }],
    ['none, though there is an end', { suffix: 1 }, { size: 10 }],
  ])('is not so for %s', (_, asked, received) => {
    expect(answersRange(received, asked)).toBe(false);
  });
});
