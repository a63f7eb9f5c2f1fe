import { remembered } from './remembered.js';

/**
 * Protected files are for one reader, are asked for again each time, and leave unchanged
 * (RFC 9111 section 5.2.2).
 *
 * @internal
 */
export const DEFAULT_CACHE_CONTROL = 'private, no-cache, no-transform';

/** One member of the list; a comma inside a quoted string does not end it. */
const MEMBER = /(?:[^,"]|"(?:[^"\\]|\\[^])*"?)+/g;

const SHARED = /public|s-maxage/i;
const NOT_FOR_SHARED = new Set(['public', 'private', 's-maxage']);

/**
 * Adds `no-transform` (RFC 9111 section 5.2.2.6) unless it is there: a proxy that compresses the
 * answer takes its length and its ranges away.
 *
 * @internal
 */
export const withNoTransform = remembered((value: string): string => {
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
  if (!SHARED.test(value)) return value;
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
