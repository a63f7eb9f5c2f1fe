import { createHash, randomBytes } from 'node:crypto';
import { type IncomingHttpHeaders } from 'node:http';

const ID = '[0-9a-f]{32}';
const WHOLE_ID = new RegExp(`^${ID}$`);
/** Each is looked for. A client has one; an old one may stand beside it for another path. */
const MOST_SHOWN = 4;
const PREFETCH = /\b(?:prefetch|prerender|preview)\b/i;

/**
 * 128 random bits in hexadecimal digits: case-insensitive databases take no two of them for one.
 *
 * @internal
 */
export function randomId(): string {
  return randomBytes(16).toString('hex');
}

/** @internal */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && WHOLE_ID.test(value);
}

/**
 * The id of the use that a URL leads to. The database does not know the URL.
 *
 * @internal
 */
export function useIdOf(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 32);
}

/**
 * What the database keeps of a client.
 *
 * @internal
 */
export function clientHash(linkId: string, client: string): string {
  return createHash('sha256').update(`${linkId} ${client}`).digest('hex');
}

/**
 * What leads to the use that a form makes. However often it is sent, it is the same one; with the form of
 * another link it is another one.
 *
 * @param nonce of the form
 * @internal
 */
export function tokenOf(linkId: string, nonce: string): string {
  return createHash('sha256')
    .update(`${linkId} ${nonce}`)
    .digest('hex')
    .slice(0, 32);
}

/**
 * What leads to the uses that a request shows by the cookie of a link.
 *
 * @internal
 */
export function shownTokens(
  { cookie = '' }: IncomingHttpHeaders,
  linkId: string,
): string[] {
  const tokens = cookie.split(';').flatMap((pair) => {
    const [name, token] = pair.trim().split('=');
    return name === cookieName(linkId) && isId(token) ? token : [];
  });
  return tokens.slice(0, MOST_SHOWN);
}

/**
 * Ids of uses that a request shows: by the cookie of their link, or by the tag that it holds its bytes
 * against.
 *
 * @internal
 */
export function shownUses(
  headers: IncomingHttpHeaders,
  linkId: string,
): string[] {
  const tags = [headers['if-range'], headers['if-match']].flatMap((value) =>
    idsIn(value?.toString(), new RegExp(`"(${ID})\\.[\\w-]+"`, 'g')),
  );
  const ids = shownTokens(headers, linkId).map(useIdOf);
  return [...ids, ...tags.slice(0, MOST_SHOWN)];
}

/**
 * The tag of a file for a use, from that for another one.
 *
 * @internal
 */
export function tagWith(id: string, etag: string): string {
  return etag.replace(new RegExp(`^"${ID}\\.`), `"${id}.`);
}

function idsIn(value = '', pattern: RegExp): string[] {
  return [...value.matchAll(pattern)].map(([, id = '']) => id);
}

/**
 * The cookie by which a client shows its use. It has no path: a server in front may have taken a prefix away
 * from the one that the application knows. So that of one link comes with requests for others, which is why
 * the link is in its name.
 *
 * @param token what leads to the use
 * @param seconds how long it is kept
 * @internal
 */
export function useCookie(
  linkId: string,
  token: string,
  { seconds, isSecure }: { seconds: number; isSecure: boolean },
): string {
  return [
    `${cookieName(linkId)}=${token}`,
    `Max-Age=${seconds}`,
    'HttpOnly',
    'SameSite=Lax',
    ...(isSecure ? ['Secure'] : []),
  ].join('; ');
}

function cookieName(linkId: string): string {
  return `downloadview-${linkId}`;
}

/**
 * Whether nobody has asked for the file yet: a browser guesses that somebody will.
 *
 * @internal
 */
export function isPrefetch(headers: IncomingHttpHeaders): boolean {
  return ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].some((name) =>
    PREFETCH.test(headers[name]?.toString() ?? ''),
  );
}
