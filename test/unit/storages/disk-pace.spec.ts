import { describe, expect, it } from '@jest/globals';

import { DiskPace } from '../../../lib/storages/local-disk.js';

describe('DiskPace', () => {
  let now = 0;
  let lost = 0;
  const gauge = { now: () => now, lostCores: () => lost };
  const taking = (milliseconds: number) => () => {
    now += milliseconds;
    return 'at once';
  };
  const inPool = () => Promise.resolve('in the pool');

  it('makes calls at once while they are answered from memory', () => {
    const pace = new DiskPace(gauge);
    expect(pace.call(taking(0.01), inPool)).toBe('at once');
    expect(pace.call(taking(1), inPool)).toBe('at once');
  });

  it('takes one slow call for a lost core', () => {
    const pace = new DiskPace(gauge);
    expect(pace.call(taking(30), inPool)).toBe('at once');
    expect(pace.call(taking(0), inPool)).toBe('at once');
  });

  it('takes two of many calls for two lost cores', () => {
    const pace = new DiskPace(gauge);
    void pace.call(taking(30), inPool);
    for (let calls = 0; calls < 50; calls += 1) {
      void pace.call(taking(0), inPool);
    }
    void pace.call(taking(30), inPool);
    expect(pace.call(taking(0), inPool)).toBe('at once');
  });

  it('sends calls to the pool for a hundred times as long as the second one of some had to wait', async () => {
    const pace = new DiskPace(gauge);
    void pace.call(taking(30), inPool);
    void pace.call(taking(0), inPool);
    void pace.call(taking(30), inPool);
    expect(await pace.call(taking(0), inPool)).toBe('in the pool');
    now += 2_999;
    expect(await pace.call(taking(0), inPool)).toBe('in the pool');
    now += 1;
    expect(pace.call(taking(0), inPool)).toBe('at once');
  });

  it('takes no call for slow in which the process has lost its core', () => {
    const pace = new DiskPace(gauge);
    const preempted = () => {
      now += 30;
      lost += 1;
      return 'at once';
    };
    for (let calls = 0; calls < 5; calls += 1) {
      expect(pace.call(preempted, inPool)).toBe('at once');
    }
  });

  it('passes on what a call throws, and still notes its time', async () => {
    const pace = new DiskPace(gauge);
    const failing = () => {
      now += 30;
      throw new Error('EIO');
    };
    expect(() => pace.call(failing, inPool)).toThrow('EIO');
    expect(() => pace.call(failing, inPool)).toThrow('EIO');
    expect(await pace.call(taking(0), inPool)).toBe('in the pool');
  });
});
