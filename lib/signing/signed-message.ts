import { InvalidOptionsError, kindOf } from '../errors/download-errors.js';
import { type AnswerLimiter } from '../http/answer-limiter.js';
import { type SignOptions } from './sign-options.js';

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

/**
 * What a signature is over. Each text carries its length, and each list its count: no two different links
 * have one message. The method is not in it: a link for another one than GET says so in its query.
 *
 * @param boundTo whom the link is for, where it is not for whoever has it
 * @internal
 */
export function signedMessage(
  { segments, pairs }: UrlParts,
  boundTo?: string,
): Buffer {
  return lengthPrefixed([
    String(segments.length),
    ...segments,
    String(pairs.length),
    ...pairs.flatMap(({ name, value }) =>
      value === undefined ? ['name', name] : ['pair', name, value],
    ),
    ...(boundTo === undefined ? ['for anyone'] : ['for', boundTo]),
  ]);
}

function lengthPrefixed(texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.flatMap((text) => {
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** What a link carries in its query besides what the path came with. */
const EXPIRES = 'expires';
const NOT_BEFORE = 'not-before';
const METHOD = 'method';
const BASENAME = 'basename';
const CONTENT_TYPE = 'content-type';
const ATTACHMENT = 'attachment';

/** @internal */
export const SIGNATURE = 'signature';

const RESERVED = [
  EXPIRES,
  NOT_BEFORE,
  METHOD,
  BASENAME,
  CONTENT_TYPE,
  ATTACHMENT,
  SIGNATURE,
];

/**
 * What a link says besides the resource. Times in milliseconds since 1970.
 *
 * @internal
 */
export interface LinkTerms {
  readonly expires: number;
  readonly notBefore?: number;
  /** None for GET and HEAD. */
  readonly method?: string;
  /** How the download is presented, whatever the route says. */
  readonly presentation: LinkPresentation;
}

/** @internal */
export type LinkPresentation = Pick<
  SignOptions,
  'basename' | 'contentType' | 'attachment'
>;

/**
 * Refuses a query that has our names already: the link would say more than its options do.
 *
 * @throws InvalidOptionsError
 * @internal
 */
export function refuseReserved(pairs: readonly QueryPair[]): void {
  const taken = pairs.find(({ name }) => RESERVED.includes(name));
  if (!taken) return;
  throw new InvalidOptionsError(
    'sign().path',
    `a query with ${taken.name}`,
    `Links have ${RESERVED.join(', ')} of their own: name it otherwise, or give it as an option.`,
  );
}

/**
 * The terms as a query. Times are in whole seconds: a link works no shorter than was asked for.
 *
 * @internal
 */
export function queryOf(terms: LinkTerms): string {
  const { basename, contentType, attachment } = terms.presentation;
  const pairs: readonly (readonly [string, string | undefined])[] = [
    [EXPIRES, secondsOf(terms.expires)],
    [NOT_BEFORE, secondsOf(terms.notBefore)],
    [METHOD, terms.method],
    [BASENAME, basename],
    [CONTENT_TYPE, contentType],
    [ATTACHMENT, attachment?.toString()],
  ];
  return pairs
    .flatMap(([name, value]) =>
      value === undefined ? [] : `${name}=${encodeURIComponent(value)}`,
    )
    .join('&');
}

/**
 * The terms of a link whose signature holds.
 *
 * @internal
 */
export function termsOf(pairs: readonly QueryPair[]): LinkTerms {
  const values = new Map(pairs.map(({ name, value }) => [name, value]));
  const basename = values.get(BASENAME);
  const contentType = values.get(CONTENT_TYPE);
  const attachment = values.get(ATTACHMENT);
  return {
    expires: Number(values.get(EXPIRES)) * 1000,
    notBefore: Number(values.get(NOT_BEFORE) ?? 0) * 1000,
    method: values.get(METHOD),
    presentation: {
      ...(basename !== undefined && { basename }),
      ...(contentType !== undefined && { contentType }),
      ...(attachment !== undefined && { attachment: attachment === 'true' }),
    },
  };
}

function secondsOf(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined
    ? undefined
    : String(Math.ceil(milliseconds / 1000));
}

/**
 * The link that a request came by, after its check.
 *
 * @internal
 */
export interface SignedLink extends LinkTerms {
  /** Of a link that works a limited number of times. */
  readonly id?: string;
  /** Whether shared caches may keep the answer as long as the link works. */
  readonly sharedCaches: boolean;
  /** Whether nobody may keep it at all. */
  readonly noStore?: boolean;
  /** Asked before the answer gets a body, where the link works a limited number of times. */
  readonly limiter?: AnswerLimiter;
}

/**
 * The link that a request came by; none where its route needs none.
 *
 * @internal
 */
export const signedLinks = new WeakMap<object, SignedLink>();

const ACCEPTED =
  "Give the public path, global prefix included, without '#', '.' and '..' segments: '/files/report.pdf'.";

/**
 * The path that a link is to be made for, as it stands in the link.
 *
 * @throws InvalidOptionsError for what browsers would ask another path for, or for what has our names in
 *   its query
 * @internal
 */
export function checkedPath(path: string): string {
  if (typeof path !== 'string') throw refused(path);
  // A browser takes the host from the first, and drops what stands behind the second.
  if (/^\/[/\\]|#|\p{Cs}/u.test(path)) throw refused(path);
  const link = asLink(path);
  const parts = urlParts(link);
  if (!parts?.segments.every(isNoDots)) throw refused(path);
  refuseReserved(parts.pairs);
  return link;
}

/** Without the query: it may hold a signature that works. */
function refused(path: unknown): InvalidOptionsError {
  const given =
    typeof path === 'string' ? path.replace(/\?.*$/s, '?…') : kindOf(path);
  return new InvalidOptionsError('sign().path', given, ACCEPTED);
}

function isNoDots(segment: string): boolean {
  return segment !== '.' && segment !== '..';
}
