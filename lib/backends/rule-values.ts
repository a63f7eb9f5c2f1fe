import { isAbsolute, resolve, sep } from 'node:path';

import { InvalidOptionsError } from '../errors/download-errors.js';

/**
 * No server's configuration can carry a control character, and `$` begins a variable.
 *
 * @internal
 */
// eslint-disable-next-line no-control-regex
export const UNTELLABLE = /[\0-\x1f\x7f$]/;
// Nothing that a server's configuration would have to quote, and no segment that it would resolve.
const LOCATION = /^\/(?:(?!\.{1,2}\/)[A-Za-z0-9._~-]+\/)+$/;

/**
 * @returns the resolved path, with a slash at its end
 * @throws InvalidOptionsError for what is no absolute path, or cannot stand in a configuration
 * @internal
 */
export function checkDirectory(option: string, value: unknown): string {
  if (
    typeof value !== 'string' ||
    !isAbsolute(value) ||
    UNTELLABLE.test(value)
  ) {
    throw new InvalidOptionsError(
      option,
      value,
      'Give the absolute path of a directory, without `$` and control characters: no server can be told those.',
    );
  }
  const path = resolve(value);
  return path.endsWith(sep) ? path : path + sep;
}

/**
 * @throws InvalidOptionsError for what is no internal location with a slash at its end
 * @internal
 */
export function checkLocation(option: string, value: unknown): string {
  if (typeof value === 'string' && LOCATION.test(value)) return value;
  throw new InvalidOptionsError(
    option,
    value,
    'Give an internal location that begins and ends with a slash, of A-Z a-z 0-9 . _ ~ - only: ' +
      '/_offload/. Without the slash at its end a server can be led out of the directory.',
  );
}

/**
 * @throws InvalidOptionsError for what no file's `url` begins with, or lacks the slash at its end
 * @internal
 */
export function checkUrlPrefix(option: string, value: unknown): string {
  if (
    typeof value === 'string' &&
    /^(?:\/|https?:\/\/)[^?#\s]*\/$|^\/$/.test(value)
  ) {
    return value;
  }
  throw new InvalidOptionsError(
    option,
    value,
    "Give what the file's url begins with, a slash at its end: /media/.",
  );
}
