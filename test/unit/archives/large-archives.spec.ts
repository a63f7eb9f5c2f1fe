import { describe, expect, it, jest } from '@jest/globals';
import { ZipFile } from 'nestjs-downloadview/archives';

import { usedMemory } from '../../support/leaks.js';

const MEGABYTE = 1024 ** 2;

describe('A ZipFile of many files', () => {
  it('lets others work every 4 ms while files that answer at once are asked', async () => {
    let milliseconds = 0;
    const clock = jest
      .spyOn(performance, 'now')
      .mockImplementation(() => (milliseconds += 1));
    const files = Array.from({ length: 1000 }, (_, index) => ({
      name: `${index}.txt`,
      stat: () => ({ size: 1000 }),
      open: notToBeRead,
    }));
    const others = takeTurns();
    try {
      await new ZipFile(files, { name: 'all.zip' }).stat();
      expect(others.turns).toBeGreaterThanOrEqual(1000 / 5);
    } finally {
      others.stop();
      clock.mockRestore();
    }
  });

  it('keeps 25,000 entries in less than 15 MB', async () => {
    const file = {
      stat: () => ({ size: 1000, etag: '"1"', lastModified: new Date(1e12) }),
      open: notToBeRead,
    };
    const before = usedMemory();
    const archive = new ZipFile(
      (function* () {
        for (let index = 0; index < 25_000; index += 1) {
          const name = `photographs of the year ${index}.jpg`;
          yield { ...file, name };
        }
      })(),
      { name: 'all.zip' },
    );
    await archive.stat();
    expect(usedMemory() - before).toBeLessThan(15 * MEGABYTE);
    // It is still needed.
    expect(archive.name).toBe('all.zip');
  });
});

function notToBeRead(): never {
  throw new Error('Not to be read');
}

/** What others on the event loop come to. */
function takeTurns(): { readonly turns: number; stop(): void } {
  let turns = 0;
  let next = setImmediate(function take() {
    turns += 1;
    next = setImmediate(take);
  });
  return {
    get turns() {
      return turns;
    },
    stop: () => clearImmediate(next),
  };
}
