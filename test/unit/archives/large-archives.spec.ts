import { describe, expect, it, jest } from '@jest/globals';
import { LocalFile } from 'nestjs-downloadview';
import { ZipFile } from 'nestjs-downloadview/archives';

import { usedMemory } from '../../support/leaks.js';
import { temporaryDirectory } from '../../support/files/temporary-directory.js';

jest.setTimeout(180_000);

const MEGABYTE = 1024 ** 2;

describe('A ZipFile of many files', () => {
  it('lets others work while ten thousand local files are asked', async () => {
    const directory = await temporaryDirectory();
    try {
      const path = await directory.write('a.txt', 'a');
      const lags: number[] = [];
      // The garbage collector holds it up as well, but not each time.
      do {
        lags.push(await lagWhile(() => statOf(path, 10_000)));
      } while (lags.length < 3 && Math.min(...lags) >= 20);
      expect(Math.min(...lags)).toBeLessThan(20);
    } finally {
      await directory.remove();
    }
  });

  it('keeps 25,000 entries in less than 15 MB', async () => {
    const file = {
      stat: () => ({ size: 1000, etag: '"1"', lastModified: new Date(1e12) }),
      open: () => {
        throw new Error('Not to be read');
      },
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

async function statOf(path: string, count: number): Promise<void> {
  const files = Array.from({ length: count }, () => new LocalFile(path));
  // So that the making of them is not measured.
  await new Promise(setImmediate);
  const { size } = await new ZipFile(files, { name: 'all.zip' }).stat();
  expect(size).toBeGreaterThan(count);
}

/**
 * How late a timer of 1 ms came at most, in milliseconds that this process was busy: those that others on the
 * machine took from it are not its own.
 */
async function lagWhile(action: () => Promise<void>): Promise<number> {
  let most = 0;
  let before = process.cpuUsage();
  const tick = (): void => {
    const { user, system } = process.cpuUsage(before);
    most = Math.max(most, (user + system) / 1000);
    before = process.cpuUsage();
  };
  const timer = setInterval(tick, 1);
  await action();
  // Once more, for what came after its last turn.
  await new Promise((resolve) => setTimeout(resolve, 2));
  clearInterval(timer);
  return most - 1;
}
