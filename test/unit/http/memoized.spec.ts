import { describe, expect, it } from '@jest/globals';

import { memoized } from '../../../lib/http/memoized.js';

describe('memoized', () => {
  it('computes once for a text', () => {
    const asked: string[] = [];
    const length = memoized((text) => {
      asked.push(text);
      return text.length;
    });
    expect([length('abc'), length('abc'), length('ab')]).toEqual([3, 3, 2]);
    expect(asked).toEqual(['abc', 'ab']);
  });

  it('forgets before texts from outside fill the memory', () => {
    let computed = 0;
    const count = memoized(() => ++computed);
    for (let index = 0; index < 10_000; index += 1) count(`text/${index}`);
    const long = 'x'.repeat(10_000);
    count(long);
    expect(count(long)).toBe(10_002);
    expect(count('text/0')).toBe(10_003);
  });
});
