import { posix } from 'node:path';

import { quote } from '../../errors/quote.js';
import { problem, type Trap } from '../finding.js';

/**
 * A directory as a configuration names it, up to what only the request tells: `/srv/$1` is `/srv/`. None
 * where that is all of it.
 *
 * @internal
 */
export function knownDirectory(text: string): string | undefined {
  const [known = ''] = text.split('$', 1);
  return known === '' ? undefined : asDirectory(known);
}

/**
 * Those that are known. The root of the disk is none: everything is below it.
 *
 * @internal
 */
export function closedDirectories(
  directories: readonly (string | undefined)[],
): string[] {
  return directories.flatMap((directory) =>
    directory === undefined || directory === '/' ? [] : [directory],
  );
}

/**
 * With one slash at its end, and without `..`.
 *
 * @internal
 */
export function asDirectory(path: string): string {
  return posix.normalize(`${path}/`);
}

/**
 * Whether one of these is the other, or stands somewhere below it.
 *
 * @param one as `asDirectory` gives it
 * @param other as `asDirectory` gives it
 * @internal
 */
export function overlap(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

/**
 * @param closing another way than to move the files
 * @internal
 */
export function openDirectory(directory: string, closing: string): Trap {
  return problem(
    'directory-is-open',
    `Clients can ask for files of ${quote(directory)} here, past the application: it is not asked who may have them.`,
    `Keep the downloads where nothing else is served from, neither above nor below, or ${closing}.`,
  );
}
