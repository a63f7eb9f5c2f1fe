import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyText } from '../any-text.js';
import {
  formatHttpDate,
  ifRangeHolds,
  type Validators,
} from '../../../lib/http/preconditions.js';

const BEFORE = 'Sun, 06 Nov 1994 08:49:36 GMT';
const SAME = 'Sun, 06 Nov 1994 08:49:37 GMT';
const AFTER = 'Sun, 06 Nov 1994 08:49:38 GMT';
const lastModified = new Date('1994-11-06T08:49:37.900Z');
const now = new Date('2026-06-15T12:00:00Z');
const BOTH: Validators = { etag: '"a"', lastModified };

describe('ifRangeHolds', () => {
  it.each<[string, Validators, boolean]>([
    ['"a"', BOTH, true],
    ['"a"', { etag: '"a"' }, true],
    ['""', { etag: '""' }, true],
    ['"a,b"', { etag: '"a,b"' }, true],
    ['"b"', BOTH, false],
    ['"A"', BOTH, false],
    ['W/"a"', BOTH, false],
    ['"a"', { etag: 'W/"a"', lastModified }, false],
    ['W/"a"', { etag: 'W/"a"', lastModified }, false],
    ['"a"', { lastModified }, false],
    ['"a"', {}, false],
    ['""', { etag: '' }, false],
    ['"a", "b"', BOTH, false],
    ['*', BOTH, false],
    ['a', BOTH, false],
    ['"a', BOTH, false],
    ['', BOTH, false],
    ['', {}, false],
  ])('tag %j for %j: %s', (header, validators, expected) => {
    expect(ifRangeHolds(header, validators, now)).toBe(expected);
  });

  it.each<[string, Validators, boolean]>([
    [SAME, BOTH, true],
    [SAME, { lastModified }, true],
    [SAME, { lastModified: new Date('1994-11-06T08:49:37Z') }, true],
    ['Sunday, 06-Nov-94 08:49:37 GMT', BOTH, true],
    ['Sun Nov  6 08:49:37 1994', BOTH, true],
    [BEFORE, BOTH, false],
    [AFTER, BOTH, false],
    ['Mon, 15 Jun 2026 12:00:00 GMT', BOTH, false],
    [SAME, { etag: '"a"' }, false],
    [SAME, {}, false],
    [SAME, { lastModified: new Date(NaN) }, false],
    ['1994-11-06T08:49:37Z', BOTH, false],
    ['784111777', BOTH, false],
    [`"${SAME}"`, BOTH, false],
    [`${SAME}, ${SAME}`, BOTH, false],
  ])('date %j for %j: %s', (header, validators, expected) => {
    expect(ifRangeHolds(header, validators, now)).toBe(expected);
  });

  it.each([
    ['1994-11-06T08:49:37.900Z', false],
    ['1994-11-06T08:49:37.999Z', false],
    ['1994-11-06T08:49:38.000Z', true],
    ['1994-11-06T08:49:37.000Z', false],
    ['1990-01-01T00:00:00.000Z', false],
  ])('the second of Last-Modified is over at %s: %s', (at, expected) => {
    expect(ifRangeHolds(SAME, { lastModified }, new Date(at))).toBe(expected);
  });

  it('a tag holds while that second lasts', () => {
    expect(ifRangeHolds('"a"', BOTH, lastModified)).toBe(true);
  });

  it('before 1970, too, a second begins at its beginning', () => {
    const header = 'Wed, 31 Dec 1969 23:59:59 GMT';
    const early = { lastModified: new Date(-500) };
    expect(ifRangeHolds(header, early, now)).toBe(true);
  });

  it.each([BOTH, {}])('without the header holds for %j', (validators) => {
    expect(ifRangeHolds(undefined, validators, now)).toBe(true);
  });

  it('holds for every date that was sent as Last-Modified, and for no other', () => {
    const date = fc.date({
      min: new Date('1900-01-01T00:00:00Z'),
      max: new Date('2026-06-15T11:59:58Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(date, fc.constantFrom(-1, 0, 1), (modified, seconds) => {
        const other = new Date(modified.getTime() + 1000 * seconds);
        const validators = { lastModified: modified };
        expect(ifRangeHolds(formatHttpDate(other), validators, now)).toBe(
          seconds === 0,
        );
      }),
    );
  });

  it('no string throws, and none without a validator holds', () => {
    fc.assert(
      fc.property(anyText(), (header) => {
        expect(ifRangeHolds(header, {}, now)).toBe(false);
      }),
    );
  });
});
