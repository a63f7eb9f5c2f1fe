import { setFlagsFromString } from 'node:v8';
import { readdir, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';

import { BufferPool } from '../../lib/streaming/chunk-buffers.js';

/** What this process holds that somebody has to give back: sockets, timers, open files. */
export interface HeldResources {
  readonly active: Readonly<Record<string, number>>;
  readonly descriptors: number;
}

async function heldResources(): Promise<HeldResources> {
  const active: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) {
    // Requests to the file system, such as the one below, are over by themselves.
    if (!kind.startsWith('FSReq')) active[kind] = (active[kind] ?? 0) + 1;
  }
  return { active, descriptors: (await openOnes()).length };
}

async function openOnes(): Promise<string[]> {
  const descriptors = await readdir('/proc/self/fd');
  const targets = await Promise.all(
    descriptors.map((descriptor) =>
      readlink(`/proc/self/fd/${descriptor}`).catch(() => ''),
    ),
  );
  return targets.filter((target) => target !== '');
}

/** What is held when nothing changes any more. */
export async function settledResources(): Promise<HeldResources> {
  let before = await heldResources();
  for (let same = 0; same < 5;) {
    await delay(20);
    const now = await heldResources();
    same = JSON.stringify(now) === JSON.stringify(before) ? same + 1 : 0;
    before = now;
  }
  return before;
}

/** Bytes in use after the garbage is collected, outside of V8's heap too. */
export function usedMemory(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** How many buffers of the pools are lent, more than when the watch began. */
export class LentBuffers {
  readonly #original = {
    take: Object.getOwnPropertyDescriptor(BufferPool.prototype, 'take')!,
    give: Object.getOwnPropertyDescriptor(BufferPool.prototype, 'give')!,
  };
  #lent = 0;

  constructor() {
    const { take, give } = this.#original;
    const count = (change: number): void => void (this.#lent += change);
    BufferPool.prototype.take = function () {
      const buffer = (take.value as BufferPool['take']).call(this);
      if (buffer) count(1);
      return buffer;
    };
    BufferPool.prototype.give = function (buffer) {
      count(-1);
      (give.value as BufferPool['give']).call(this, buffer);
    };
  }

  get count(): number {
    return this.#lent;
  }

  stop(): void {
    Object.defineProperties(BufferPool.prototype, this.#original);
  }
}
