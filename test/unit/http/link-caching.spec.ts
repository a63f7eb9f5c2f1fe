import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  cacheControlWithin,
  expiresWithin,
} from '../../../lib/http/cache-control.js';

const cut = (value: string, shared = false, hasExpires = false) =>
  cacheControlWithin(value, 100, shared, hasExpires);

describe('cacheControlWithin', () => {
  it.each([
    ['private, no-cache, no-transform', 'private, no-cache, no-transform'],
    ['no-store', 'no-store'],
    ['private, no-store', 'private, no-store'],
    ['public, max-age=60', 'private, max-age=60'],
    ['max-age=60', 'private, max-age=60'],
    ['Public, Max-Age=101, immutable', 'private, max-age=100, immutable'],
    ['public, s-maxage=60', 'private, max-age=0'],
    ['private="a, b", max-age=5', 'private, max-age=5'],
    ['max-age="500"', 'private, max-age=100'],
    ['max-age=1e9', 'private, max-age=0'],
    ['max-age', 'private, max-age=0'],
    [`max-age=${'9'.repeat(400)}`, 'private, max-age=100'],
    ['max-age=5, max-age=500', 'private, max-age=5, max-age=100'],
    ['stale-if-error=60', 'private, stale-if-error=60, max-age=0'],
    [
      'max-age=70, stale-while-revalidate=60',
      'private, max-age=70, stale-while-revalidate=30',
    ],
    [
      'stale-if-error=60, max-age=500',
      'private, stale-if-error=0, max-age=100',
    ],
    ['', 'private, max-age=0'],
  ])('makes of %j for one reader %j', (value, expected) => {
    expect(cut(value)).toBe(expected);
  });

  it.each([
    ['public, s-maxage=60, max-age=500', 'public, s-maxage=60, max-age=100'],
    ['public, s-maxage=500', 'public, s-maxage=100, max-age=0'],
    ['private, max-age=500', 'private, max-age=100'],
    [
      'max-age=10, s-maxage=90, stale-if-error=50',
      'max-age=10, s-maxage=90, stale-if-error=10',
    ],
  ])('makes of %j for all %j', (value, expected) => {
    expect(cut(value, true)).toBe(expected);
  });

  it('leaves it to Expires where that says how long', () => {
    expect(cut('private', false, true)).toBe('private');
  });

  it('leaves nothing that lives longer than the link', () => {
    const name = fc.constantFrom(
      'max-age',
      'S-MaxAge',
      'stale-if-error',
      'stale-while-revalidate',
    );
    const directive = fc
      .tuple(name, fc.nat(400), fc.boolean())
      .map(([key, n, quoted]) => (quoted ? `${key}="${n}"` : `${key}=${n}`));
    const all = fc.array(directive).map((list) => list.join(','));
    fc.assert(
      fc.property(all, fc.nat(300), fc.boolean(), (value, seconds, shared) => {
        const text = cacheControlWithin(value, seconds, shared, false);
        const most = (pattern: RegExp): number =>
          Math.max(0, ...[...text.matchAll(pattern)].map(([, n]) => Number(n)));
        const fresh = most(/(?:max-age|s-maxage)=(\d+)/g);
        const stale = most(/stale-[a-z-]+=(\d+)/g);
        expect(fresh + stale).toBeLessThanOrEqual(seconds);
      }),
    );
  });
});

describe('expiresWithin', () => {
  const END = Date.parse('2026-03-01T10:00:00Z');
  it.each([
    ['Sun, 01 Mar 2026 10:00:01 GMT', 'Sun, 01 Mar 2026 10:00:00 GMT'],
    ['Sun, 01 Mar 2026 09:59:59 GMT', 'Sun, 01 Mar 2026 09:59:59 GMT'],
    ['Sunday, 01-Mar-27 10:00:00 GMT', 'Sun, 01 Mar 2026 10:00:00 GMT'],
    ['0', '0'],
  ])('makes of %s %s', (value, expected) => {
    expect(expiresWithin(value, END)).toBe(expected);
  });
});
