import { describe, expect, it } from '@jest/globals';
import {
  contentRange,
  unsatisfiedRange,
} from '../../../lib/http/content-range.js';

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
});

describe('unsatisfiedRange', () => {
  it.each([
    [0, 'bytes */0'],
    [47022, 'bytes */47022'],
  ])('of %d', (size, expected) => {
    expect(unsatisfiedRange(size)).toBe(expected);
  });
});
