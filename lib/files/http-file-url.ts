import { quote } from '../errors/quote.js';
import { RemoteFileError } from '../errors/remote-file.error.js';

/**
 * The URL, when it may be asked: http or https, without credentials, on a host of the list. A host
 * without a port stands for the port that the scheme implies.
 *
 * @throws RemoteFileError with reason `not-allowed`
 * @internal
 */
export function allowedUrl(
  address: string,
  allowedHosts: readonly string[],
): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw notAllowed(address, 'is no http or https URL');
  }
  if (url.username || url.password) {
    throw notAllowed(url.host, 'is addressed with credentials');
  }
  if (!isOnHostOf(allowedHosts, url)) {
    throw notAllowed(url.host, 'is not named in allowedHosts');
  }
  return url;
}

/**
 * Whether a URL leads to one of these hosts.
 *
 * @internal
 */
export function isOnHostOf(hosts: readonly string[], url: URL): boolean {
  return hosts.some((host) => hostIn(host, url.protocol) === url.host);
}

/**
 * A host as URLs of a protocol have it: URL leaves the protocol's own port out of `host`, and brings every
 * spelling of an address to one.
 *
 * @returns undefined for what is no host
 * @internal
 */
export function hostIn(host: string, protocol: string): string | undefined {
  const address = `${protocol}//${host}`;
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  return url.href === `${address}/` || url.href === `${protocol}//${url.host}/`
    ? url.host
    : undefined;
}

function notAllowed(what: string, why: string): RemoteFileError {
  return new RemoteFileError('not-allowed', `${quote(what)} ${why}`);
}
