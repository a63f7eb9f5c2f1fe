import { InvalidOptionsError } from '../errors/download-errors.js';
import { hostIn, isOnHostOf } from '../files/http-file-url.js';

const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const ACCEPTED =
  "Name the stores by host or host:port: ['bucket.s3.example', 'minio.internal:9000'].";

/**
 * Checks a list of stores.
 *
 * @throws InvalidOptionsError for an empty list, and for what is no host or host:port
 * @internal
 */
export function checkHosts(option: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new InvalidOptionsError(option, value, ACCEPTED);
  }
  return value.map((host: unknown, index) => {
    const isHost = typeof host === 'string' && HOST.test(host);
    if (isHost && hostIn(host, 'https:') !== undefined) return host;
    throw new InvalidOptionsError(`${option}[${index}]`, host, ACCEPTED);
  });
}

/**
 * An address, where it is plain to everybody what it means: http or https, without credentials and fragment,
 * and written as URL writes it. Parsers disagree about the rest: one would see another host, or another
 * path than was signed.
 *
 * @internal
 */
export function plainAddress(address: string): URL | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url &&
    url.href === address &&
    /^https?:$/.test(url.protocol) &&
    `${url.username}${url.password}` === '' &&
    !address.includes('#')
    ? url
    : undefined;
}

/**
 * The same, where it leads to one of these hosts.
 *
 * @internal
 */
export function addressOn(
  hosts: readonly string[],
  address: string,
): URL | undefined {
  const url = plainAddress(address);
  return url && isOnHostOf(hosts, url) ? url : undefined;
}
