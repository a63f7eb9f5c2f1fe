import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  formatHttpDate,
  parseHttpDate,
} from '../../../lib/http/preconditions.js';

describe('formatHttpDate', () => {
  it.each([
    ['1994-11-06T08:49:37.999Z', 'Sun, 06 Nov 1994 08:49:37 GMT'],
    ['0001-01-01T00:00:00Z', 'Mon, 01 Jan 0001 00:00:00 GMT'],
    ['9999-12-31T23:59:59Z', 'Fri, 31 Dec 9999 23:59:59 GMT'],
  ])('%s', (date, expected) => {
    expect(formatHttpDate(new Date(date))).toBe(expected);
  });

  it.each([NaN, Date.UTC(10_000, 0), Date.UTC(-1, 0)])(
    '%d has no form',
    (time) => {
      expect(() => formatHttpDate(new Date(time))).toThrow(RangeError);
    },
  );
});

describe('parseHttpDate', () => {
  const example = '1994-11-06T08:49:37.000Z';
  const now = new Date('2026-06-15T12:00:00Z');

  it.each([
    ['IMF-fixdate', 'Sun, 06 Nov 1994 08:49:37 GMT', example],
    ['rfc850', 'Sunday, 06-Nov-94 08:49:37 GMT', example],
    ['asctime', 'Sun Nov  6 08:49:37 1994', example],
    [
      'asctime, two digits',
      'Wed Nov 16 08:49:37 1994',
      '1994-11-16T08:49:37.000Z',
    ],
    ['the wrong weekday', 'Mon, 06 Nov 1994 08:49:37 GMT', example],
    [
      '29 Feb of a leap year',
      'Thu, 29 Feb 2024 00:00:00 GMT',
      '2024-02-29T00:00:00.000Z',
    ],
    [
      'a leap second',
      'Sat, 31 Dec 2016 23:59:60 GMT',
      '2017-01-01T00:00:00.000Z',
    ],
    [
      'the year 99',
      'Thu, 01 Jan 0099 00:00:00 GMT',
      '0099-01-01T00:00:00.000Z',
    ],
    [
      'rfc850, this year',
      'Monday, 15-Jun-26 12:00:00 GMT',
      '2026-06-15T12:00:00.000Z',
    ],
    [
      'rfc850, 50 years ahead',
      'Monday, 15-Jun-76 12:00:00 GMT',
      '2076-06-15T12:00:00.000Z',
    ],
    [
      'rfc850, one second more',
      'Tuesday, 15-Jun-76 12:00:01 GMT',
      '1976-06-15T12:00:01.000Z',
    ],
    [
      'rfc850, 1999',
      'Friday, 31-Dec-99 23:59:59 GMT',
      '1999-12-31T23:59:59.000Z',
    ],
    [
      'rfc850, 29 Feb 2000',
      'Tuesday, 29-Feb-00 00:00:00 GMT',
      '2000-02-29T00:00:00.000Z',
    ],
  ])('%s', (_title, value, expected) => {
    expect(parseHttpDate(value, now)?.toISOString()).toBe(expected);
  });

  it.each([
    undefined,
    '',
    '1',
    '0',
    '2020',
    'now',
    '1994-11-06T08:49:37Z',
    '784111777',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    'Sun, 06 Nov 1994 08:49:37 GMT ',
    ' Sun, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT\n',
    'Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT',
    'sun, 06 nov 1994 08:49:37 gmt',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 94 08:49:37 GMT',
    'Sun, 06-Nov-94 08:49:37 GMT',
    'Sunday, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-1994 08:49:37 GMT',
    'Sun Nov 6 08:49:37 1994',
    'Sun Nov 06 08:49:37 1994 GMT',
    'Xyz, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Xyz 1994 08:49:37 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Thu, 31 Feb 2022 00:00:00 GMT',
    'Tue, 29 Feb 2023 00:00:00 GMT',
    'Thu, 31 Nov 2022 00:00:00 GMT',
    'Thursday, 31-Feb-22 00:00:00 GMT',
    'Thu Feb 31 00:00:00 2022',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:60:00 GMT',
    'Sun, 06 Nov 1994 08:49:60 GMT',
    'Sun, 06 Nov 1994 23:59:61 GMT',
  ])('%j is no date', (value) => {
    expect(parseHttpDate(value, now)).toBeUndefined();
  });

  it('reads back what formatHttpDate writes', () => {
    const min = new Date('0000-01-01T00:00:00Z');
    const max = new Date('9999-12-31T23:59:59Z');
    fc.assert(
      fc.property(fc.date({ min, max, noInvalidDate: true }), (date) => {
        const seconds = Math.floor(date.getTime() / 1000);
        expect(parseHttpDate(formatHttpDate(date))?.getTime()).toBe(
          seconds * 1000,
        );
      }),
    );
  });
});
