import { describe, expect, it } from '@jest/globals';

import { BufferPool } from '../../../lib/streaming/chunk-buffers.js';

describe('BufferPool', () => {
  it('lends buffers of its size, no two of them the same', () => {
    const pool = new BufferPool(16, 2);
    const [one, other] = [pool.take(), pool.take()];
    expect([one?.length, other?.length]).toEqual([16, 16]);
    expect(one?.buffer).not.toBe(other?.buffer);
  });

  it('lends no more than its most at a time', () => {
    const pool = new BufferPool(16, 2);
    const one = pool.take();
    pool.take();
    expect(pool.take()).toBeUndefined();
    if (one) pool.give(one);
    expect(pool.take()).toBe(one);
    expect(pool.take()).toBeUndefined();
  });

  it('keeps no more than it is told to, and still lends its most', () => {
    const pool = new BufferPool(16, 3, 1);
    const lent = [pool.take(), pool.take(), pool.take()];
    for (const buffer of lent) if (buffer) pool.give(buffer);
    const again = [pool.take(), pool.take(), pool.take()];
    expect(again.filter((buffer) => lent.includes(buffer))).toHaveLength(1);
    expect(again).not.toContain(undefined);
  });
});
