import { type IncomingMessage, type ServerResponse } from 'node:http';

import { OF_SHARED_CACHES, withoutShared } from '../http/cache-control.js';
import { toEntityTag, parseHttpDate } from '../http/preconditions.js';
import { type Announced } from '../responses/presentation.js';
import {
  fieldsOf,
  type HeaderField,
  knownFields,
  OFFLOAD_HEADERS,
  type ResponseHeaders,
} from '../responses/response-headers.js';

type HeaderValue = number | string | readonly string[] | undefined;

/**
 * The part of both adapters' responses that is used.
 *
 * @internal
 */
export interface PlatformResponse {
  /** Node's own response underneath. */
  readonly raw: ServerResponse<IncomingMessage>;
  /** Of the headers that it has so far, in lower case. */
  headerNames(): readonly string[];
  hasHeader(name: string): boolean;
  getHeader(name: string): HeaderValue;
  setHeader(name: string, value: string): void;
  /** Sets a cookie beside those that it has so far. */
  addCookie(cookie: string): void;
  removeHeader(name: string): void;
  setStatus(status: number): void;
  /** Hands an error to the application's filters after Nest has replied; false where nobody takes it. */
  passOn?(error: Error): boolean;
}

/** Fastify's reply keeps headers of its own until it sends; `getHeaders()` has those underneath, too. */
interface FastifyReply {
  readonly raw: ServerResponse<IncomingMessage>;
  getHeaders(): Readonly<Record<string, unknown>>;
  hasHeader(name: string): boolean;
  getHeader(name: string): HeaderValue;
  header(name: string, value: string): unknown;
  removeHeader(name: string): unknown;
  code(status: number): unknown;
}

/**
 * One face for Express's response and Fastify's reply.
 *
 * @param next what Express goes on with
 * @internal
 */
export function platformResponse(
  response: ServerResponse<IncomingMessage> | FastifyReply,
  next?: (error: Error) => void,
): PlatformResponse {
  return 'raw' in response
    ? new FastifyResponse(response)
    : new RawResponse(response, next);
}

/**
 * Node's own response, which is also Express's.
 *
 * @internal
 */
export class RawResponse implements PlatformResponse {
  constructor(
    readonly raw: ServerResponse<IncomingMessage>,
    private readonly next?: (error: Error) => void,
  ) {}

  passOn(error: Error): boolean {
    if (!this.next) return false;
    // Nest has said that its own text comes.
    this.raw.removeHeader('Content-Type');
    this.next(error);
    return true;
  }

  headerNames(): readonly string[] {
    return this.raw.getHeaderNames();
  }

  hasHeader(name: string): boolean {
    return this.raw.hasHeader(name);
  }

  getHeader(name: string): HeaderValue {
    return this.raw.getHeader(name);
  }

  setHeader(name: string, value: string): void {
    this.raw.setHeader(name, value);
  }

  addCookie(cookie: string): void {
    this.raw.appendHeader('Set-Cookie', cookie);
  }

  removeHeader(name: string): void {
    this.raw.removeHeader(name);
  }

  setStatus(status: number): void {
    this.raw.statusCode = status;
  }
}

class FastifyResponse implements PlatformResponse {
  readonly raw: ServerResponse<IncomingMessage>;

  constructor(private readonly reply: FastifyReply) {
    this.raw = reply.raw;
  }

  headerNames(): readonly string[] {
    return Object.keys(this.reply.getHeaders());
  }

  hasHeader(name: string): boolean {
    return this.reply.hasHeader(name) || this.raw.hasHeader(name);
  }

  getHeader(name: string): HeaderValue {
    return this.reply.getHeader(name) ?? this.raw.getHeader(name);
  }

  setHeader(name: string, value: string): void {
    this.reply.header(name, value);
  }

  /** Fastify adds to the cookies of its own, and sends them in place of those underneath. */
  addCookie(cookie: string): void {
    const underneath = [this.raw.getHeader('Set-Cookie') ?? []].flat();
    this.raw.removeHeader('Set-Cookie');
    for (const one of [...underneath, cookie]) {
      this.reply.header('Set-Cookie', String(one));
    }
  }

  removeHeader(name: string): void {
    this.reply.removeHeader(name);
    this.raw.removeHeader(name);
  }

  setStatus(status: number): void {
    this.reply.code(status);
  }
}

/**
 * Status and headers of an answer, decided and not yet written.
 *
 * @internal
 */
export interface ResponseHead {
  readonly status: number;
  /** All but those that have a field of their own here. */
  readonly headers: ResponseHeaders;
  /** Bytes of the body, where they are known. */
  readonly length?: number;
  /** Value of Content-Range, of an answer with one range. */
  readonly contentRange?: string;
  /** By which somebody else is told to send the bytes: the server in front, or a store that the client is sent to. */
  readonly offloadHeader?: string;
  /** By which the server in front logs that it was handed the file, as `X-Download-Id`. */
  readonly id?: string;
  /** Names of headers that the answer must not have, though the application may have set them. */
  readonly without?: readonly string[];
}

const OFFLOADING = new Set(OFFLOAD_HEADERS.map((name) => name.toLowerCase()));

// What the application set for all its answers does not hold for a file that users uploaded.
const REPLACED = new Set([
  'content-security-policy',
  'x-content-type-options',
  'content-length',
  'content-range',
  'content-encoding',
  'accept-ranges',
  ...OFFLOADING,
]);

// The server in front makes the body, and says itself what it is like.
const OF_THE_BODY = new Set([
  'content-encoding',
  'content-range',
  'accept-ranges',
]);

// What a 200 would have said of the bytes, and a 304 or an error must not.
const OF_THE_FILE = new Set([
  'content-type',
  'content-length',
  'content-disposition',
  'content-encoding',
  'content-range',
  'accept-ranges',
  'etag',
  'last-modified',
  'repr-digest',
  'transfer-encoding',
]);

// What the application set for its answers in general would let somebody keep, or tell, a signed address.
const NOT_OF_A_REDIRECT = new Set([
  'cache-control',
  'expires',
  'location',
  'referrer-policy',
]);

// Each reason to vary holds, the application's and the file's; and so does each name that pages may read.
const LISTS = new Set(['vary', 'access-control-expose-headers']);

/**
 * The tag and the date that the application has set on the response itself, by now.
 *
 * @internal
 */
export function announcedOn(response: PlatformResponse): Announced {
  const etag = response.getHeader('ETag')?.toString();
  const date = response.getHeader('Last-Modified')?.toString();
  if (etag === undefined && date === undefined) return NOTHING_ANNOUNCED;
  return {
    etag: etag === undefined ? undefined : toEntityTag(etag),
    lastModified: parseHttpDate(date),
  };
}

const NOTHING_ANNOUNCED: Announced = {};

/** What clients hold their conditions against. */
const JUDGED = ['etag', 'last-modified'];

/**
 * Takes off a tag and a date that the conditions of the request were not held against: whoever set them came after
 * the decision.
 */
function removeLate(
  { headers }: Pick<ResponseHead, 'headers'>,
  response: PlatformResponse,
): boolean {
  const { etag, lastModified } = announcedOn(response);
  const hasTag = removeIfThere(response, 'etag');
  const hasDate = removeIfThere(response, 'last-modified');
  const date = parseHttpDate(headers['Last-Modified']);
  return (
    (hasTag && etag !== headers.ETag) ||
    (hasDate && lastModified?.getTime() !== date?.getTime())
  );
}

/**
 * Writes a head to the response. A header that the application has set itself stays, except for those
 * that keep a file from doing harm or describe the message.
 *
 * @returns whether a shared cache was kept out because the answer sets a cookie, and whether a tag or a date was
 *   taken off that came too late
 * @internal
 */
export function writeHead(
  head: ResponseHead,
  response: PlatformResponse,
): { cookieMadePrivate: boolean; removedLate: boolean } {
  const { status, headers, length, contentRange, id } = head;
  response.setStatus(status);
  // Few, if any, are there: each of them is looked at, and none looked for.
  const names = response.headerNames();
  for (const name of names) {
    if (isUnwanted(name, head)) response.removeHeader(name);
  }
  const removedLate =
    JUDGED.some((name) => names.includes(name)) && removeLate(head, response);
  const fields = knownFields.get(headers) ?? fieldsOf(headers);
  for (const field of fields) writeField(field, response, names);
  if (length !== undefined) {
    response.setHeader('Content-Length', String(length));
  }
  if (contentRange !== undefined) {
    response.setHeader('Content-Range', contentRange);
  }
  if (id !== undefined) response.setHeader(ID_HEADER, id);
  if (names.includes('transfer-encoding')) keepToChunks(response);
  if (names.includes('vary')) joinVary(response);
  keepLateCookiePrivate(response);
  return { cookieMadePrivate: keepCookiePrivate(response), removedLate };
}

const ID_HEADER = 'X-Download-Id';

/** @param names of the headers that the response had, in lower case */
function writeField(
  { name, key, value }: HeaderField,
  response: PlatformResponse,
  names: readonly string[],
): void {
  if (key === 'set-cookie') {
    response.addCookie(value);
  } else if (
    !names.includes(key) ||
    REPLACED.has(key) ||
    !response.hasHeader(name)
  ) {
    response.setHeader(name, value);
  } else if (LISTS.has(key)) {
    addMembers(response, name, value);
  }
}

/** @param name in lower case */
function isUnwanted(
  name: string,
  { status, length, contentRange, offloadHeader, without = [] }: ResponseHead,
): boolean {
  return (
    OFFLOADING.has(name) ||
    (name === 'content-range' && contentRange === undefined) ||
    (name === 'transfer-encoding' && length !== undefined) ||
    (status >= 300 && status < 400 && OF_THE_FILE.has(name)) ||
    (status === 304 && name === 'content-language') ||
    (status === 302 && NOT_OF_A_REDIRECT.has(name)) ||
    (OF_THE_BODY.has(name) && offloadHeader !== undefined) ||
    without.some((one) => one.toLowerCase() === name)
  );
}

/**
 * Makes room for an error in place of the file: its headers go, but for the size on a 416, and nobody keeps the answer.
 *
 * @internal
 */
export function clearHead(response: PlatformResponse): void {
  for (const name of response.headerNames()) {
    const isOfError =
      name === 'content-range' &&
      String(response.getHeader(name)).startsWith('bytes */');
    if (OF_THE_FILE.has(name) && !isOfError) response.removeHeader(name);
  }
  response.removeHeader('Cache-Control');
  response.setHeader('Cache-Control', 'no-store');
}

function removeIfThere(response: PlatformResponse, name: string): boolean {
  const isThere = response.hasHeader(name);
  if (isThere) response.removeHeader(name);
  return isThere;
}

/** What the application has in the list stays, and what the file adds is there once. */
function addMembers(
  response: PlatformResponse,
  name: string,
  value: string,
): void {
  const members = new Map<string, string>();
  for (const list of [response.getHeader(name) ?? [], value].flat()) {
    for (const member of String(list).split(',')) {
      const key = member.trim().toLowerCase();
      if (key !== '' && !members.has(key)) members.set(key, member.trim());
    }
  }
  response.removeHeader(name);
  response.setHeader(name, [...members.values()].join(', '));
}

/** A message without a length is framed by Node, and ends with the connection for a client of HTTP/1.0. */
function keepToChunks(response: PlatformResponse): void {
  if (!removeIfThere(response, 'Transfer-Encoding')) return;
  // Else Node takes it for a wish to have none.
  if (response.raw.useChunkedEncodingByDefault) {
    response.setHeader('Transfer-Encoding', 'chunked');
  }
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
  if (!OF_SHARED_CACHES.test(given) || withoutShared(given) === given) return;
  const { raw } = response;
  const kept = (written: typeof raw, name: string): typeof raw => {
    const isCookie = name.toLowerCase() === 'set-cookie';
    if (isCookie) keepCookiePrivate(new RawResponse(written));
    return written;
  };
  const setHeader = raw.setHeader.bind(raw);
  raw.setHeader = (name, value) => kept(setHeader(name, value), name);
  const appendHeader = raw.appendHeader.bind(raw);
  raw.appendHeader = (name, value) => kept(appendHeader(name, value), name);
}
