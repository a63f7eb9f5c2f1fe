import { withoutShared } from '../http/cache-control.js';
import {
  OFFLOAD_HEADERS,
  type ResponseHeaders,
} from '../responses/response-headers.js';
import { type PlatformResponse, RawResponse } from './platform-response.js';

/**
 * Status and headers of an answer, decided and not yet written.
 *
 * @internal
 */
export interface ResponseHead {
  readonly status: number;
  /** All but Content-Length. */
  readonly headers: ResponseHeaders;
  /** Bytes of the body, where they are known. */
  readonly length?: number;
  /** Names of headers that the answer must not have, though the application may have set them. */
  readonly without?: readonly string[];
}

// What the application set for all its answers does not hold for a file that users uploaded.
const REPLACED = new Set([
  'content-security-policy',
  'x-content-type-options',
  'content-length',
  'content-range',
  'content-encoding',
  'accept-ranges',
  ...OFFLOAD_HEADERS.map((name) => name.toLowerCase()),
]);

// The server in front makes the body, and says itself what it is like.
const OF_THE_BODY = ['Content-Encoding', 'Content-Range', 'Accept-Ranges'];

// What a 200 would have said of the bytes, and a 304 or an error must not.
const OF_THE_FILE = [
  'Content-Type',
  'Content-Length',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Range',
  'Accept-Ranges',
  'ETag',
  'Last-Modified',
];

// What the application set for its answers in general would let somebody keep, or tell, a signed address.
const NOT_OF_A_REDIRECT = [
  'Cache-Control',
  'Expires',
  'Location',
  'Referrer-Policy',
];

/**
 * Writes a head to the response. A header that the application has set itself stays, except for those
 * that keep a file from doing harm or describe the message.
 *
 * @returns whether a shared cache was kept out because the answer sets a cookie
 * @internal
 */
export function writeHead(
  { status, headers, length, without = [] }: ResponseHead,
  response: PlatformResponse,
): { cookieMadePrivate: boolean } {
  response.setStatus(status);
  removeHeaders(response, OFFLOAD_HEADERS);
  removeHeaders(response, without);
  if (status !== 200 && status !== 206) removeHeaders(response, OF_THE_FILE);
  if (status === 302) removeHeaders(response, NOT_OF_A_REDIRECT);
  if (OFFLOAD_HEADERS.some((name) => name in headers)) {
    removeHeaders(response, OF_THE_BODY);
  }
  for (const name of Object.keys(headers)) {
    const value = headers[name] ?? '';
    if (name === 'Set-Cookie') {
      response.addCookie(value);
    } else if (!response.hasHeader(name) || REPLACED.has(name.toLowerCase())) {
      response.setHeader(name, value);
    } else if (name.toLowerCase() === 'vary') {
      addVary(response, value);
    }
  }
  if (length !== undefined) {
    response.setHeader('Content-Length', String(length));
  }
  joinVary(response);
  keepLateCookiePrivate(response);
  return { cookieMadePrivate: keepCookiePrivate(response) };
}

/**
 * Makes room for an error in place of the file: its headers go, and nobody keeps the answer.
 *
 * @internal
 */
export function clearHead(response: PlatformResponse): void {
  removeHeaders(response, OF_THE_FILE);
  response.removeHeader('Cache-Control');
  response.setHeader('Cache-Control', 'no-store');
}

function removeHeaders(
  response: PlatformResponse,
  names: readonly string[],
): void {
  for (const name of names) {
    if (response.hasHeader(name)) response.removeHeader(name);
  }
}

/** Each reason to vary holds, the application's and the file's. */
function addVary(response: PlatformResponse, value: string): void {
  const given = [response.getHeader('Vary') ?? []].flat().join(', ');
  response.removeHeader('Vary');
  response.setHeader('Vary', given === '' ? value : `${given}, ${value}`);
}

/** One line: nginx passes on only the first. */
function joinVary(response: PlatformResponse): void {
  const vary = response.getHeader('Vary');
  if (Array.isArray(vary)) {
    response.removeHeader('Vary');
    response.setHeader('Vary', vary.join(', '));
  }
}

/** RFC 9111 7.3: a shared cache would hand one client's cookie to the next. */
function keepCookiePrivate(response: PlatformResponse): boolean {
  if (!response.hasHeader('Set-Cookie')) return false;
  const given = String(response.getHeader('Cache-Control') ?? '');
  const kept = withoutShared(given);
  if (kept === given) return false;
  response.removeHeader('Cache-Control');
  response.setHeader('Cache-Control', kept);
  return true;
}

/** express-session sets its cookie only when the head goes out, after everybody else. */
function keepLateCookiePrivate(response: PlatformResponse): void {
  const given = String(response.getHeader('Cache-Control') ?? '');
  if (withoutShared(given) === given) return;
  const { raw } = response;
  const isCookie = (name: string): boolean =>
    name.toLowerCase() === 'set-cookie';
  const setHeader = raw.setHeader.bind(raw);
  raw.setHeader = (name, value) => {
    setHeader(name, value);
    if (isCookie(name)) keepCookiePrivate(new RawResponse(raw));
    return raw;
  };
  const appendHeader = raw.appendHeader.bind(raw);
  raw.appendHeader = (name, value) => {
    appendHeader(name, value);
    if (isCookie(name)) keepCookiePrivate(new RawResponse(raw));
    return raw;
  };
}
