import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';

import {
  type Included,
  type IncludedFile,
  UnreadableConfigurationError,
} from './syntax/directive.js';

/** More than anybody has; files that include each other would double without an end. */
const MOST_INCLUDED = 1000;

/** What comes with nginx, and is beside no copy of a configuration. */
const SHIPPED =
  /^(?:mime\.types|(?:fastcgi|scgi|uwsgi|proxy)_params|fastcgi\.conf|koi-utf|koi-win|win-utf)$/;
const PATTERN = /[*?[]/;

/**
 * The files that a configuration includes by a relative name. Of those with an absolute one it is only looked
 * whether they are there, where the configuration itself is said to be there.
 *
 * @param main the configuration that the server is started with
 * @internal
 */
export function includedBy(main: string): Included {
  let count = 0;
  return (name, { base = dirname(main), needs = 'file' } = {}) => {
    const isPattern = PATTERN.test(name);
    const mayBeMissing =
      needs === 'nothing' ||
      (isPattern && needs === 'file') ||
      SHIPPED.test(basename(name));
    if (isAbsolute(name)) {
      return mayBeMissing || filesOf(name).some(isRegular) ? [] : undefined;
    }
    count += 1;
    if (count > MOST_INCLUDED) {
      throw new UnreadableConfigurationError(
        { file: main, line: 1 },
        `It includes more than ${MOST_INCLUDED} files: some of them include each other.`,
      );
    }
    const files = filesOf(join(base, name));
    const found = files
      .filter((file) => file !== normalize(main))
      .flatMap(readIncluded);
    const isThere = files.some(isRegular) && (isPattern || found.length > 0);
    const isItself = files.includes(normalize(main));
    return mayBeMissing || isThere || isItself ? found : undefined;
  };
}

function isRegular(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}

/** Those of a directory, and those that a pattern stands for; only the last part of a path may be one. */
function filesOf(path: string): string[] {
  const name = basename(path);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    return filesOf(join(path, '*'));
  }
  if (!PATTERN.test(name)) return [normalize(path)];
  const expression = name
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  try {
    const matching = new RegExp(`^(?!\\.)${expression}$`, 's');
    return readdirSync(dirname(path))
      .filter((entry) => matching.test(entry))
      .sort()
      .map((entry) => join(dirname(path), entry));
  } catch {
    return [];
  }
}

/** To read a FIFO would wait for somebody who writes to it. */
function readIncluded(file: string): IncludedFile[] {
  try {
    if (!isRegular(file)) return [];
    return [{ file, text: readFileSync(file, 'utf8') }];
  } catch {
    return [];
  }
}
