import { performance } from 'node:perf_hooks';

// A file that the kernel has in memory is opened or read in some microseconds.
const SLOW_MS = 2;
// Then waiting for disks keeps the process from its work for at most a hundredth of the time.
const PAUSE_FOR_EACH_MS = 100;

/**
 * Whether calls on a disk are answered from memory. Then they are made at once: a trip to the thread
 * pool and back costs ten times the call. The first one that has to wait for a disk sends the next ones
 * to the pool for a while, where they keep nobody else waiting.
 *
 * @internal
 */
export class DiskPace {
  #slowUntil = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /**
   * Makes a call in the way that the last ones suggest.
   *
   * @throws what the call throws; rejects where it was made in the pool
   */
  call<T>(atOnce: () => T, inPool: () => Promise<T>): T | Promise<T> {
    const began = this.now();
    if (began < this.#slowUntil) return inPool();
    try {
      return atOnce();
    } finally {
      const ended = this.now();
      const took = ended - began;
      if (took > SLOW_MS) this.#slowUntil = ended + took * PAUSE_FOR_EACH_MS;
    }
  }
}

/**
 * The pace of the disks of this machine, for the whole process.
 *
 * @internal
 */
export const diskPace = new DiskPace();
