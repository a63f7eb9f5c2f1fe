import {
  afterEach,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';

import {
  RunningTransfers,
  type Transfer,
} from '../../../lib/typeorm/limited-links/link-limiter.js';

describe('running transfers', () => {
  const seen: string[][] = [];
  const cut: string[] = [];
  let running: RunningTransfers;
  beforeEach(() => {
    jest.useFakeTimers();
    seen.length = 0;
    cut.length = 0;
    running = new RunningTransfers(1000, (transfers) => {
      seen.push(transfers.map(({ useId }) => useId));
      return Promise.resolve();
    });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const transfer = (linkId: string, useId: string): Transfer => ({
    linkId,
    useId,
    cut: () => cut.push(useId),
  });

  it('are looked at as long as there are any', async () => {
    const one = transfer('link', 'one');
    const two = transfer('link', 'two');
    running.add(one);
    await jest.advanceTimersByTimeAsync(1000);
    running.add(two);
    await jest.advanceTimersByTimeAsync(1000);
    running.remove(one);
    await jest.advanceTimersByTimeAsync(1000);
    running.remove(two);
    expect(jest.getTimerCount()).toBe(0);
    running.add(one);
    await jest.advanceTimersByTimeAsync(1000);
    expect(seen).toEqual([['one'], ['one', 'two'], ['two'], ['one']]);
  });

  it('are not looked at twice where they change under a look', async () => {
    const one = transfer('link', 'one');
    running = new RunningTransfers(1000, () => {
      seen.push([]);
      running.remove(one);
      running.add(one);
      return Promise.resolve();
    });
    running.add(one);
    await jest.advanceTimersByTimeAsync(1000);
    expect(jest.getTimerCount()).toBe(1);
    await jest.advanceTimersByTimeAsync(1000);
    expect(seen).toHaveLength(2);
  });

  it('end with their link, and with no other', () => {
    running.add(transfer('link', 'one'));
    running.add(transfer('link', 'two'));
    running.add(transfer('other', 'three'));
    running.cut('link');
    expect(cut).toEqual(['one', 'two']);
  });
});
