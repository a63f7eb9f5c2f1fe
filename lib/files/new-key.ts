import { cleanFileName } from '../http/file-name.js';

const HIDDEN = /^[.\s]+/;

/**
 * The key for a new file of a name that may come from outside: the last segment of the name, made safe, below
 * the directory. A name that begins with a dot would be hidden, and loses the dot.
 *
 * @param directory of the key, without a slash at its end; '' for none
 * @internal
 */
export function newKey(directory: string, name: string): string {
  // The second time for what the first had hidden: a device name, or nothing at all.
  const safe = cleanFileName(cleanFileName(name).replace(HIDDEN, ''));
  return directory === '' ? safe : `${directory}/${safe}`;
}

/**
 * The directory of a key, without a slash at its end; '' where it has none.
 *
 * @internal
 */
export function directoryOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf('/')));
}
