import { access, constants, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

import {
  directoryOf,
  type LocationRule,
  type PathRule,
} from '../../backends/rules.js';
import { isNoSuchFile } from '../../storages/local-disk.js';
import { type ServedFile } from './fake-server.js';

/**
 * What a server is told of a rule, and where the files of the rule are on this machine.
 *
 * @internal
 */
export interface ServedPlace {
  /** An internal location or a directory, with a slash at its end. */
  readonly told: string;
  readonly directory: string;
}

/**
 * The places of these rules. A directory as the server sees it may not exist on this machine: then it is the
 * one that the application sees.
 *
 * @internal
 */
export function servedPlaces(
  rules: readonly (PathRule | LocationRule)[],
): Promise<ServedPlace[]> {
  return Promise.all(
    rules.map(async (rule) => ({
      told: 'destination' in rule ? rule.destination : directoryOf(rule),
      directory: await directoryHere(rule),
    })),
  );
}

/**
 * The file of a path that the server was told.
 *
 * @param path has no `..` any more
 * @param followsLinks whether it may be reached over symbolic links
 * @returns 404 where there is none, 403 where there is something that is not to be sent
 * @internal
 */
export async function servedFile(
  places: readonly ServedPlace[],
  path: string,
  followsLinks: boolean,
): Promise<ServedFile | 403 | 404> {
  const place = places.find(({ told }) => path.startsWith(told));
  if (!place) return 403;
  try {
    const directory = await realpath(place.directory);
    const below = path.slice(place.told.length);
    const real = await realpath(`${directory}/${below}`);
    if (!followsLinks && real !== join(directory, below)) return 403;
    await access(real, constants.R_OK);
    const stats = await stat(real);
    if (!stats.isFile()) return 403;
    return { path: real, size: stats.size, lastModified: stats.mtime };
  } catch (error) {
    return isNoSuchFile(error) ? 404 : 403;
  }
}

async function directoryHere(rule: PathRule): Promise<string> {
  const directory = directoryOf(rule);
  if (!('sourceDir' in rule)) return directory;
  const exists = await access(directory).then(
    () => true,
    () => false,
  );
  return exists ? directory : rule.sourceDir;
}
