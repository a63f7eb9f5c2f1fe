import { createHash, randomBytes } from 'node:crypto';
import { type IncomingHttpHeaders } from 'node:http';

const ID = '[0-9a-f]{32}';
const WHOLE_ID = new RegExp(`^${ID}$`);
const COOKIE = 'downloadview-grant';
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
 * The id of the grant that a URL leads to. The database does not know the URL.
 *
 * @internal
 */
export function grantIdOf(token: string): string {
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
 * Ids of grants that a request shows: in its cookie, or in the tag that it holds its bytes against.
 *
 * @internal
 */
export function shownGrants(headers: IncomingHttpHeaders): string[] {
  const cookies = idsIn(
    headers.cookie,
    new RegExp(`(?:^|;) *${COOKIE}=(${ID})(?=$|[ ;])`, 'g'),
  );
  const tags = [headers['if-range'], headers['if-match']].flatMap((value) =>
    idsIn(value?.toString(), new RegExp(`"(${ID})\\.[\\w-]+"`, 'g')),
  );
  return [...cookies, ...tags];
}

/**
 * The tag of a file for a grant, from that for another one.
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
 * The cookie by which a client shows its grant.
 *
 * @param path where it is sent to
 * @param seconds how long it is kept
 * @internal
 */
export function grantCookie(
  id: string,
  path: string,
  seconds: number,
  isSecure: boolean,
): string {
  return [
    `${COOKIE}=${id}`,
    `Path=${path}`,
    `Max-Age=${seconds}`,
    'HttpOnly',
    'SameSite=Lax',
    ...(isSecure ? ['Secure'] : []),
  ].join('; ');
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
