import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';

import { errorCode } from '../storages/local-disk.js';
import { type Included, type IncludedFile } from './syntax/nginx-syntax.js';
import { WrongUseError } from './wrong-use.error.js';

/**
 * @throws WrongUseError for a file that cannot be read
 * @internal
 */
export function readConfiguration(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new WrongUseError(
      'FILE',
      file,
      // Not the message, which has the name once more.
      `It cannot be read (${errorCode(error) ?? String(error)}). Give the name of a configuration, or - for the standard input.`,
    );
  }
}

/**
 * The files that a configuration of nginx includes by a relative name; what is not there is left out.
 *
 * @param main the configuration that nginx is started with
 * @internal
 */
export function includedBy(main: string): Included {
  return (pattern) => {
    if (isAbsolute(pattern)) return [];
    return filesOf(join(dirname(main), pattern))
      .filter((file) => file !== normalize(main))
      .flatMap(readIncluded);
  };
}

/** Only the last part of a path may be a pattern. */
function filesOf(path: string): string[] {
  const name = basename(path);
  if (!/[*?]/.test(name)) return [path];
  const expression = name
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const matching = new RegExp(`^(?!\\.)${expression}$`, 's');
  try {
    return readdirSync(dirname(path))
      .filter((entry) => matching.test(entry))
      .sort()
      .map((entry) => join(dirname(path), entry));
  } catch {
    return [];
  }
}

function readIncluded(file: string): IncludedFile[] {
  try {
    return [{ file, text: readFileSync(file, 'utf8') }];
  } catch {
    return [];
  }
}
