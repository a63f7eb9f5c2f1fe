import { describe, expect, it, jest } from '@jest/globals';

import {
  localEntityTag,
  type TaggedStats,
} from '../../../lib/storages/local-entity-tag.js';

/** 2026-01-02T03:04:05.678Z */
const CHANGED_MS = 1767323045678;
const CHANGED_NS = BigInt(CHANGED_MS) * 1_000_000n + 123_456n;
const WHOLE_MS = 1767323045000;
const WHOLE_NS = BigInt(WHOLE_MS) * 1_000_000n;
const STABLE = /^"[\w-]{22}"$/;
const UNMATCHED = /^"[\w-]{30}"$/;

const file = (changes: Partial<TaggedStats> = {}): TaggedStats => ({
  ino: 4711n,
  size: 1000n,
  mtimeNs: CHANGED_NS,
  ctimeNs: CHANGED_NS,
  ...changes,
});

/** The tag of a file that was last changed so many milliseconds ago. */
async function tagged(
  stats: TaggedStats,
  age: number,
  later: TaggedStats = stats,
) {
  const again = jest.fn(() => Promise.resolve(later));
  const now = Number(stats.ctimeNs / 1_000_000n) + age;
  const started = performance.now();
  const result = await localEntityTag(stats, again, () => now);
  return {
    ...result,
    asked: again.mock.calls.length,
    waited: performance.now() - started,
  };
}

describe('The tag of a local file', () => {
  it('is at once the same each time for a file that has not changed lately', async () => {
    const first = await tagged(file(), 3_600_000);
    const second = await tagged(file(), 20);
    expect(first.etag).toMatch(STABLE);
    expect(second.etag).toBe(first.etag);
    expect([first.asked, second.asked]).toEqual([0, 0]);
  });

  it.each<[string, Partial<TaggedStats>]>([
    ['inode', { ino: 4712n }],
    ['size', { size: 1001n }],
    ['modification time by a nanosecond', { mtimeNs: CHANGED_NS + 1n }],
    ['change time by a nanosecond', { ctimeNs: CHANGED_NS + 1n }],
  ])('is another where only the %s differs', async (_, changes) => {
    const [one, other] = await Promise.all([
      tagged(file(), 1000),
      tagged(file(changes), 1000),
    ]);
    expect(other.etag).not.toBe(one.etag);
  });

  it('tells numbers apart that read the same in a row', async () => {
    const [one, other] = await Promise.all([
      tagged(file({ ino: 1n, size: 23n }), 1000),
      tagged(file({ ino: 12n, size: 3n }), 1000),
    ]);
    expect(other.etag).not.toBe(one.etag);
  });

  it.each([[0], [19]])(
    'waits the tick of the clock out once, %d ms after a change',
    async (age) => {
      const { etag, asked, waited } = await tagged(file(), age);
      expect(asked).toBe(1);
      // A timer may go off a millisecond early.
      expect(waited).toBeGreaterThanOrEqual(20 - age - 1.5);
      expect(etag).toBe((await tagged(file(), 1000)).etag);
    },
  );

  it('waits no longer than a tick where the clock of the files is ahead', async () => {
    const { asked, waited } = await tagged(file(), -60_000);
    expect(asked).toBe(1);
    expect(waited).toBeLessThan(2000);
  });

  it('matches nothing where the file was changed again in the meantime', async () => {
    const later = file({ ctimeNs: CHANGED_NS + 5_000_000n, size: 2000n });
    const first = await tagged(file(), 5, later);
    const second = await tagged(file(), 5, later);
    expect(first.asked).toBe(1);
    for (const { etag } of [first, second]) expect(etag).toMatch(UNMATCHED);
    expect(second.etag).not.toBe(first.etag);
    expect(first.etag).not.toContain(
      (await tagged(later, 1000)).etag.slice(0, -1) + '"',
    );
  });

  it('stands for the facts that were asked for last', async () => {
    const later = file({ ctimeNs: CHANGED_NS + 1n, size: 2000n });
    expect((await tagged(file(), 5, later)).stats).toBe(later);
    const old = file();
    expect((await tagged(old, 1000)).stats).toBe(old);
  });

  it.each([[0], [19], [20], [1999]])(
    'matches nothing where times are whole seconds and %d ms old',
    async (age) => {
      const stats = file({ ctimeNs: WHOLE_NS });
      const first = await tagged(stats, age);
      const second = await tagged(stats, age);
      for (const { etag, asked } of [first, second]) {
        expect(etag).toMatch(UNMATCHED);
        expect(asked).toBe(0);
      }
      expect(second.etag).not.toBe(first.etag);
    },
  );

  it('is stable once two seconds have passed over a whole second', async () => {
    const stats = file({ ctimeNs: WHOLE_NS });
    const [one, other] = [
      await tagged(stats, 2000),
      await tagged(stats, 90_000),
    ];
    expect(one.etag).toMatch(STABLE);
    expect(other.etag).toBe(one.etag);
  });

  it('does not show the inode', async () => {
    const { etag } = await tagged(file({ ino: 123_456_789n }), 1000);
    const bytes = Buffer.from(etag.slice(1, -1), 'base64url').toString('hex');
    expect(etag).not.toContain('123456789');
    expect(bytes).not.toContain((123_456_789).toString(16));
  });

  it('reports what fails while it waits', async () => {
    await expect(
      localEntityTag(
        file(),
        () => Promise.reject(new Error('EIO')),
        () => CHANGED_MS,
      ),
    ).rejects.toThrow('EIO');
  });
});
