import { isIP } from 'node:net';

import ipaddr from 'ipaddr.js';

import { RemoteFileError, quote } from '../errors/download-errors.js';

/** What IANA has given to the public (RFC 4291 section 2.4); what is reserved inside of it is known by name. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** Public by its number, and yet only there for machines of Azure: it hands out their settings. */
const HOST_SERVICES = new Set(['168.63.129.16']);

/**
 * Whether an address is one of the public internet: not loopback, private, link-local, shared (RFC 6598),
 * reserved or multicast, nor an IPv6 address that stands for an IPv4 one, in whatever way.
 *
 * @param address without brackets
 * @internal
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  return (
    parsed.range() === 'unicast' &&
    (parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST)) &&
    !HOST_SERVICES.has(parsed.toString())
  );
}

const WITH_PORT = /:\d+$/;

/**
 * The URL, when it may be asked: http or https, without credentials, on a host of the list. A host
 * without a port stands for the port that the scheme implies. An address that is not public has to be
 * listed with its port; URL has brought all spellings of it to one.
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
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (
    isIP(literal) !== 0 &&
    !isPublicAddress(literal) &&
    !isListedWithPort(allowedHosts, url)
  ) {
    throw notAllowed(
      url.host,
      'is not public, and not named with its port in allowedHosts',
    );
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
 * Whether this very host and port are listed, and not just the host: then it may have an address that is
 * not public.
 *
 * @internal
 */
export function isListedWithPort(hosts: readonly string[], url: URL): boolean {
  return isOnHostOf(
    hosts.filter((host) => WITH_PORT.test(host)),
    url,
  );
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

/**
 * Where a redirect leads, when it may be followed there: as allowedUrl(), and not from https to http.
 *
 * @param location the field, as text
 * @throws RemoteFileError with reason `not-allowed`, or `refused` where it leads nowhere
 * @internal
 */
export function redirectedUrl(
  location: string | undefined,
  from: URL,
  allowedHosts: readonly string[],
): URL {
  if (location === undefined || !URL.canParse(location, from.href)) {
    throw new RemoteFileError(
      'refused',
      `${shownUrl(from)} redirects, and does not say where to`,
    );
  }
  const url = allowedUrl(new URL(location, from).href, allowedHosts);
  if (from.protocol === 'https:' && url.protocol === 'http:') {
    throw notAllowed(url.host, 'is redirected to without encryption');
  }
  return url;
}

/**
 * The name in a URL: the last segment of its path.
 *
 * @internal
 */
export function nameIn(url: URL): string {
  const last = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

/**
 * A URL for messages: what stands behind its path may be a signature.
 *
 * @internal
 */
export function shownUrl({ origin, pathname }: URL): string {
  return quote(`${origin}${pathname}`);
}

function notAllowed(what: string, why: string): RemoteFileError {
  return new RemoteFileError('not-allowed', `${quote(what)} ${why}`);
}
