import { setInterval, setTimeout } from 'node:timers';
import { promisify } from 'node:util';

const EVERY = 10;
let before = 0;
let most = 0;

/** Collects garbage, and watches from there on how large the process becomes. */
export async function watchMemory() {
  for (let time = 0; time < 3; time += 1) {
    globalThis.gc();
    // What a collection frees goes back to the system a little later.
    await promisify(setTimeout)(200);
  }
  before = process.memoryUsage.rss();
  most = before;
  setInterval(look, EVERY).unref();
}

/** Bytes by which it has been larger, at most. */
export function memoryGrowth() {
  look();
  return most - before;
}

function look() {
  most = Math.max(most, process.memoryUsage.rss());
}
