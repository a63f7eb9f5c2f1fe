import { readdir, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** How many descriptors of this process lie open on a path. */
export async function openDescriptors(path: string): Promise<number> {
  const targets = await Promise.all(
    (await readdir('/proc/self/fd')).map((descriptor) =>
      readlink(`/proc/self/fd/${descriptor}`).catch(() => ''),
    ),
  );
  return targets.filter((target) => target === path).length;
}

/** The kernel tells nobody when a descriptor is closed, so this asks until it is, or the test times out. */
export async function descriptorsClosed(path: string): Promise<void> {
  while ((await openDescriptors(path)) > 0) await delay(5);
}

/** Nor when one is opened. */
export async function descriptorOpened(path: string): Promise<void> {
  while ((await openDescriptors(path)) === 0) await delay(5);
}
