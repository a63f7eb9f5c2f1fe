/**
 * One pair of a query, `name=value` or `name` alone.
 *
 * @internal
 */
export interface QueryPair {
  /** As it is written. */
  readonly text: string;
  readonly name: string;
  readonly value?: string;
}

/**
 * What a URL says of the resource, taken apart first and decoded once then: an encoded slash stays within
 * its segment, an encoded `&` within its value.
 *
 * @internal
 */
export interface UrlParts {
  readonly segments: readonly string[];
  readonly pairs: readonly QueryPair[];
}

const TARGET = /^(?:https?:\/\/[^/?#]+)?(\/[!"$->@-~]*)(?:\?([!"$-~]*))?$/i;

// Letters, digits, `-`, `.` and `_` (RFC 3986 2.3): nobody on the way encodes them, and Express, which
// routes by the raw path, would take the link to another route than it was made for.
const NEEDLESSLY_ENCODED = /%(?:2[de]|3\d|4[1-9a-f]|5[\daf]|6[1-9a-f]|7[\da])/i;

/**
 * The parts of a path with its query, or of an address.
 *
 * @returns undefined for what is no such thing, or does not decode to a text
 * @internal
 */
export function urlParts(url: string): UrlParts | undefined {
  const [, path, query] = TARGET.exec(url) ?? [];
  if (path === undefined || NEEDLESSLY_ENCODED.test(path)) return undefined;
  try {
    return {
      segments: path.split('/').slice(1).map(decodeURIComponent),
      pairs: query ? query.split('&').map(pairOf) : [],
    };
  } catch {
    return undefined;
  }
}

function pairOf(text: string): QueryPair {
  const at = text.indexOf('=');
  return at < 0
    ? { text, name: decoded(text) }
    : {
        text,
        name: decoded(text.slice(0, at)),
        value: decoded(text.slice(at + 1)),
      };
}

/** As applications read queries, and forms write them: `+` is a blank. */
function decoded(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

/**
 * The same URL, fit for a link: what cannot stand in one is encoded, and what need not be encoded is not.
 *
 * @internal
 */
export function asLink(url: string): string {
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  return (plainLetters(path) + url.slice(path.length)).replace(
    /[^!$-;=?-[\]_a-z~]/gu,
    encodeURIComponent,
  );
}

function plainLetters(path: string): string {
  return path.replace(/%[\da-f]{2}/gi, (code) =>
    NEEDLESSLY_ENCODED.test(code) ? decodeURIComponent(code) : code,
  );
}
