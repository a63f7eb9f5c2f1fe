import { describe, expect, it } from '@jest/globals';

import { remembered } from '../../../lib/http/remembered.js';

describe('remembered', () => {
  it('computes once for a text', () => {
    const asked: string[] = [];
    const length = remembered((text) => {
      asked.push(text);
      return text.length;
    });
    expect([length('abc'), length('abc'), length('ab')]).toEqual([3, 3, 2]);
    expect(asked).toEqual(['abc', 'ab']);
  });

  it('forgets before texts from outside fill the memory', () => {
    let computed = 0;
    const count = remembered(() => ++computed);
    for (let index = 0; index < 10_000; index += 1) count(`text/${index}`);
    const long = 'x'.repeat(10_000);
    count(long);
    expect(count(long)).toBe(10_002);
    expect(count('text/0')).toBe(10_003);
  });
});
