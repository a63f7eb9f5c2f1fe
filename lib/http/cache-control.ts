import { formatHttpDate, parseHttpDate } from './preconditions.js';
import { memoized } from './memoized.js';

/**
 * Protected files are for one reader, are asked for again each time, and leave unchanged
 * (RFC 9111 section 5.2.2).
 *
 * @internal
 */
export const DEFAULT_CACHE_CONTROL = 'private, no-cache, no-transform';

/** One member of the list; a comma inside a quoted string does not end it. */
const MEMBER = /(?:[^,"]|"(?:[^"\\]|\\[^])*"?)+/g;

/**
 * Finds what may be said for shared caches, in a name or anywhere else.
 *
 * @internal
 */
export const OF_SHARED_CACHES = /public|s-maxage/i;
const NOT_FOR_SHARED = new Set(['public', 'private', 's-maxage']);

/**
 * Adds `no-transform` (RFC 9111 section 5.2.2.6) unless it is there: a proxy that compresses the
 * answer takes its length and its ranges away.
 *
 * @internal
 */
export const withNoTransform = memoized((value: string): string => {
  const directives = directivesOf(value);
  return directives.some((directive) => nameOf(directive) === 'no-transform')
    ? value
    : [...directives, 'no-transform'].join(', ');
});

/**
 * Takes back what a shared cache was allowed (RFC 9111 sections 5.2.2.9 and 5.2.2.10): `public`
 * and `s-maxage` become `private`, which then stands once, in the place of the first of them.
 *
 * @internal
 */
export function withoutShared(value: string): string {
  if (!OF_SHARED_CACHES.test(value)) return value;
  const directives = directivesOf(value).map((directive) =>
    NOT_FOR_SHARED.has(nameOf(directive)) ? 'private' : directive,
  );
  const first = directives.indexOf('private');
  return directives
    .filter((directive, index) => directive !== 'private' || index === first)
    .join(', ');
}

/** @internal */
export function directivesOf(value: string): string[] {
  return (value.match(MEMBER) ?? [])
    .map((member) => member.trim())
    .filter((member) => member !== '');
}

/** @internal */
export function nameOf(directive: string): string {
  return directive
    .replace(/=[^]*$/, '')
    .trim()
    .toLowerCase();
}

/**
 * How long caches may keep what a signed link leads to.
 *
 * @internal
 */
export interface LinkCaching {
  /** When the link expires; milliseconds since 1970. */
  readonly expires: number;
  /** Whether shared caches may keep it, too. */
  readonly sharedCaches: boolean;
  /** Whether nobody may keep it at all; false by default. */
  readonly noStore?: boolean;
}

const OF_CACHES = new Set(['public', 'private', 's-maxage']);
const FRESH = ['max-age', 's-maxage'];
const STALE = ['stale-while-revalidate', 'stale-if-error'];
/** Any of them, and no cache guesses how long the answer is fresh (RFC 9111 section 4.2.2). */
const EXPLICIT = ['max-age', 'no-cache', 'no-store'];

/**
 * Cuts the lifetimes of a Cache-Control to the seconds that a link has left (RFC 9111 section 5.2.2,
 * RFC 5861), and takes it from shared caches unless they may have it.
 *
 * @param seconds whole ones
 * @param hasExpires whether Expires stands beside it
 * @internal
 */
export function cacheControlWithin(
  value: string,
  seconds: number,
  sharedCaches: boolean,
  hasExpires: boolean,
): string {
  const given = directivesOf(value);
  const names = given.map(nameOf);
  const kept = given
    .filter((_, at) => sharedCaches || !OF_CACHES.has(names[at] ?? ''))
    .map(cutTo(seconds, given));
  const isPrivate =
    !sharedCaches && (names.includes('private') || !names.includes('no-store'));
  const isExplicit =
    hasExpires || EXPLICIT.some((name) => names.includes(name));
  return [
    ...(isPrivate ? ['private'] : []),
    ...kept,
    ...(isExplicit ? [] : ['max-age=0']),
  ].join(', ');
}

/** A stale answer lives on when it is fresh no more. */
function cutTo(
  seconds: number,
  directives: readonly string[],
): (directive: string) => string {
  const fresh = directives
    .filter((directive) => FRESH.includes(nameOf(directive)))
    .map((directive) => within(directive, seconds));
  const stale = seconds - Math.max(0, ...fresh);
  return (directive) => {
    const name = nameOf(directive);
    if (FRESH.includes(name)) return `${name}=${within(directive, seconds)}`;
    return STALE.includes(name)
      ? `${name}=${within(directive, stale)}`
      : directive;
  };
}

/**
 * Cuts an Expires to the end of a link (RFC 9111 section 5.3). What is no date has expired already.
 *
 * @internal
 */
export function expiresWithin(value: string, expires: number): string {
  const date = parseHttpDate(value);
  return date && date.getTime() > expires
    ? formatHttpDate(new Date(expires))
    : value;
}

/** What is no number is no time at all. */
function within(directive: string, seconds: number): number {
  const [, digits] = /=\s*"?(\d+)"?\s*$/.exec(directive) ?? [];
  return Math.min(digits === undefined ? 0 : Number(digits), seconds);
}
