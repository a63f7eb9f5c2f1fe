import { isPublicAddress } from '../../files/http-file-url.js';
import { type Directive, directivesNamed } from '../syntax/directive.js';
import { type Level, type Proxy } from './nginx-levels.js';

/**
 * The server that a `proxy_pass` asks, without the path.
 *
 * @internal
 */
export function upstreamOf({ values }: Directive): string {
  return /^\w+:\/\/[^/]*/.exec(values[0] ?? '')?.[0] ?? '';
}

/**
 * Those that ask a host of somebody else. The application shares its files with nginx, so where a host nearby is
 * asked, it is that one, and those on the internet are others. Where all are on the internet, the application is
 * what all paths lead to, or what is asked first.
 *
 * @internal
 */
export function foreignAmong(proxies: readonly Proxy[]): readonly Proxy[] {
  const foreign = proxies.filter(isForeign);
  if (foreign.length < proxies.length) return foreign;
  const application = foreign.find(({ uri }) => uri === '/') ?? foreign[0];
  return foreign.filter(
    ({ pass }) =>
      application !== undefined &&
      upstreamOf(pass) !== upstreamOf(application.pass),
  );
}

function isForeign({ level, pass }: Proxy): boolean {
  const host = hostOf(upstreamOf(pass).replace(/^\w+:\/\//, ''));
  const members = membersOf(level, host);
  return members.length > 0
    ? members.some((member) => isOnInternet(hostOf(member)))
    : isOnInternet(host);
}

/** What the servers of an `upstream` block are. */
function membersOf(level: Level, name: string): string[] {
  const own = directivesNamed(level.block, 'upstream')
    .filter(({ values }) => values[0] === name)
    .flatMap(({ block = [] }) => directivesNamed(block, 'server'))
    .flatMap(({ values: [address = ''] }) => address);
  return level.outer ? [...own, ...membersOf(level.outer, name)] : own;
}

/**
 * Of an address without its scheme.
 *
 * @internal
 */
export function hostOf(address: string): string {
  const [, host = ''] = /^(\[[^\]]*\]|unix|[^:]*)/.exec(address) ?? [];
  return host.replace(/^\[|\]$/g, '').toLowerCase();
}

/** Names that no public name server knows (RFC 6761, 6762, 8375, and what ICANN keeps for private use). */
const NEARBY = /\.(?:localhost|local|internal|home\.arpa|lan)$/;

/**
 * Whether a host is one that all can reach. A name that only the request tells may be any.
 *
 * @internal
 */
export function isOnInternet(host: string): boolean {
  if (/^[\d.]+$|:/.test(host)) return isPublicAddress(host);
  return host.includes('.') && !host.includes('$') && !NEARBY.test(host);
}
