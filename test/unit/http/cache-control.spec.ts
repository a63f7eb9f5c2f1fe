import { describe, expect, it } from '@jest/globals';
import {
  DEFAULT_CACHE_CONTROL,
  withNoTransform,
  withoutShared,
} from '../../../lib/http/cache-control.js';

describe('DEFAULT_CACHE_CONTROL', () => {
  it('is for one reader, asked for again, unchanged', () => {
    expect(DEFAULT_CACHE_CONTROL).toBe('private, no-cache, no-transform');
  });
});

describe('withNoTransform', () => {
  it.each([
    ['max-age=60', 'max-age=60, no-transform'],
    ['', 'no-transform'],
    [' , ', 'no-transform'],
    ['private,', 'private, no-transform'],
    ['private="a, no-transform"', 'private="a, no-transform", no-transform'],
    [
      'private="\\", no-transform"',
      'private="\\", no-transform", no-transform',
    ],
    ['x-no-transform', 'x-no-transform, no-transform'],
    ['no-transformer', 'no-transformer, no-transform'],
  ])('%j', (value, expected) => {
    expect(withNoTransform(value)).toBe(expected);
  });

  it.each([
    DEFAULT_CACHE_CONTROL,
    'no-transform',
    'private,NO-Transform',
    'private="a",no-transform , max-age=1',
  ])('%j has it', (value) => {
    expect(withNoTransform(value)).toBe(value);
  });

  it('finds an end to 100,000 quotes that do not close', () => {
    expect(withNoTransform('"\\'.repeat(100_001))).toMatch(/, no-transform$/);
  });
});

describe('withoutShared', () => {
  it.each([
    ['public', 'private'],
    ['Public, Max-Age=60', 'private, Max-Age=60'],
    [
      'max-age=60, public, s-maxage=600, immutable',
      'max-age=60, private, immutable',
    ],
    ['public, private', 'private'],
    ['private, public, PRIVATE', 'private'],
    ['S-MaxAge=5', 'private'],
    ['s-maxage="5"', 'private'],
    ['public, private="set-cookie"', 'private'],
    ['x="public, s-maxage=1", public', 'x="public, s-maxage=1", private'],
    ['no-store', 'no-store'],
    ['max-age=60', 'max-age=60'],
    ['public-ish, xs-maxage=1', 'public-ish, xs-maxage=1'],
    ['', ''],
  ])('%j', (value, expected) => {
    expect(withoutShared(value)).toBe(expected);
  });
});
