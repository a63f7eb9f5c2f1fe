import { taggedLocation } from '../backends/nginx-options.js';
import { type CanaryOffload } from './canary-checks.js';

/**
 * Under which addresses a client would get the file, past the application, where the server is set up wrong:
 * the location that the server is told, and nginx's second one. Which directory of it is the rule's, nobody
 * knows here, so each of them is tried.
 *
 * @param publicUrl any address of the server
 * @internal
 */
export function internalAddresses(
  { value }: CanaryOffload,
  publicUrl: string,
): URL[] {
  // Node reads headers as Latin-1; `raw` places are UTF-8.
  const [place = ''] = Buffer.from(value, 'latin1').toString().split('?');
  if (!place.startsWith('/')) return [];
  const directories = [...place.matchAll(/\//g)]
    .map(({ index }) => place.slice(0, index + 1))
    .slice(1);
  return [
    place,
    ...directories.map(
      (directory) => taggedLocation(directory) + place.slice(directory.length),
    ),
  ].map((path) => {
    const address = new URL('/', publicUrl);
    address.pathname = path;
    return address;
  });
}
