import {
  cacheControlWithin,
  expiresWithin,
  type LinkCaching,
} from '../http/cache-control.js';
import { type PlatformResponse } from './response-head.js';

/** Cache-Control for some shared caches alone (RFC 9213, and what came before it). */
const TARGETED = /^(?:.+-cache-control|surrogate-control)$/;

// Compression on the way would change the length that is announced.
const NOT_KEPT = 'private, no-store, no-transform';

/**
 * Has the answer to a signed link kept no longer than the link works, whoever said so: the route, the
 * module, or the application for all its answers. And no page that it leads to is told the link.
 *
 * @param now milliseconds since 1970
 * @internal
 */
export function keepToLink(
  response: PlatformResponse,
  { expires, sharedCaches, noStore = false }: LinkCaching,
  now = Date.now(),
): void {
  if (noStore) {
    response.removeHeader('Expires');
    response.removeHeader('Cache-Control');
    response.setHeader('Cache-Control', NOT_KEPT);
  }
  const seconds = Math.max(0, Math.floor((expires - now) / 1000));
  replace(response, 'Expires', (value) => expiresWithin(value, expires));
  const hasExpires = response.hasHeader('Expires');
  const cut = (value: string): string =>
    cacheControlWithin(value, seconds, sharedCaches, hasExpires);
  replace(response, 'Cache-Control', cut);
  for (const name of response.headerNames()) {
    if (!TARGETED.test(name.toLowerCase())) continue;
    replace(response, name, sharedCaches ? cut : () => 'no-store');
  }
  replace(response, 'X-Accel-Expires', (value) =>
    sharedCaches ? accelExpires(value, seconds, expires) : '0',
  );
  response.removeHeader('Referrer-Policy');
  response.setHeader('Referrer-Policy', 'no-referrer');
}

function replace(
  response: PlatformResponse,
  name: string,
  change: (value: string) => string,
): void {
  if (!response.hasHeader(name)) return;
  const given = [response.getHeader(name) ?? []].flat().join(', ');
  response.removeHeader(name);
  response.setHeader(name, change(given));
}

/** nginx's own: seconds, or a time in seconds since 1970 behind `@`. */
function accelExpires(value: string, seconds: number, expires: number): string {
  const [, at, digits = '0'] = /^(@?)(\d+)$/.exec(value) ?? [];
  return at
    ? `@${Math.min(Number(digits), Math.floor(expires / 1000))}`
    : String(Math.min(Number(digits), seconds));
}
