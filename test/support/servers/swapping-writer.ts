import { once } from 'node:events';
import { link, symlink } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';

import { type TemporaryDirectory } from '../files/temporary-directory.js';

/** What somebody puts in the place of what was checked, with the path that is asked for meanwhile. */
export const TRICKS = [
  ['a link from one directory to another', 'current/a.txt'],
  ['a link in the place of the file', 'a.txt'],
  ['a link in the place of its directory', 'folder/a.txt'],
] as const;
export type Trick = (typeof TRICKS)[number][0];

/** What lies in both directories under one name. */
export const OWN = 'her own';
export const THEIRS = 'the secret of a neighbour';

/** A directory `own` that somebody may write in, and beside it `theirs`. */
export async function plantNeighbours(
  directory: TemporaryDirectory,
): Promise<void> {
  await directory.write('theirs/a.txt', THEIRS);
  await directory.write('own/folder/a.txt', OWN);
  const kept = await directory.write('own/kept.txt', OWN);
  await link(kept, `${directory.path}/own/a.txt`);
  await symlink('folder', `${directory.path}/own/current`);
}

export interface SwappingWriter {
  /** How often it was done and undone so far. */
  turns(): number;
  /** Settles when all is as it was before. */
  stop(): Promise<void>;
}

const STOP = 0;
const TURNS = 1;

/** Plays the trick in a thread of its own, as fast as it can be played. */
export async function startSwapping(
  directory: TemporaryDirectory,
  trick: Trick,
): Promise<SwappingWriter> {
  const state = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL('swap-links.mjs', import.meta.url), {
    workerData: {
      own: `${directory.path}/own`,
      theirs: `${directory.path}/theirs`,
      trick,
      state,
    },
  });
  const exited = once(worker, 'exit');
  await once(worker, 'online');
  return {
    turns: () => Atomics.load(state, TURNS),
    async stop() {
      Atomics.store(state, STOP, 1);
      await exited;
    },
  };
}
