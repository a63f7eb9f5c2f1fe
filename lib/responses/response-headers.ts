import { InvalidOptionsError, kindOf } from '../errors/download-errors.js';
import { FrozenMemo } from '../http/memoized.js';

/**
 * Headers of a response, by their usual spelling.
 *
 * @publicApi
 */
export type ResponseHeaders = Readonly<Record<string, string>>;

/**
 * The headers by which applications tell a web server to send a file. None of them ever comes from an
 * application's own code, and none of them reaches a client.
 *
 * @internal
 */
export const OFFLOAD_HEADERS = [
  'X-Accel-Redirect',
  'X-Sendfile',
  'X-Sendfile2',
  'X-Sendfile-Temporary',
  'X-Reproxy-URL',
  'X-LIGHTTPD-send-file',
] as const;

// RFC 9110 7.6.1, and what describes the framing of the message.
const NOT_SETTABLE = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'content-range',
  ...OFFLOAD_HEADERS.map((name) => name.toLowerCase()),
]);
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Refuses headers that an application must not set on a download.
 *
 * @throws InvalidOptionsError for hop-by-hop headers, Content-Length, Content-Range and the offload
 *   headers, and for names and values that are no header
 * @internal
 */
export function checkHeaders(headers: ResponseHeaders): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!TOKEN.test(name) || NOT_SETTABLE.has(name.toLowerCase())) {
      throw new InvalidOptionsError(
        'headers',
        name,
        'Name end-to-end headers only; the length, the connection and the offload are not the application’s.',
      );
    }
    if (!isFieldValue(value)) {
      throw new InvalidOptionsError(
        `headers['${name}']`,
        // Not what was given: it may be a key.
        kindOf(value),
        'Give a string of Latin-1 characters without line breaks.',
      );
    }
  }
}

/**
 * Whether a value can stand in a header (RFC 9110 5.5).
 *
 * @internal
 */
export function isFieldValue(value: unknown): value is string {
  return typeof value === 'string' && FIELD_VALUE.test(value);
}

/**
 * What the application says itself in a header of its download; of several spellings, the last.
 *
 * @internal
 */
export function givenHeader(
  headers: ResponseHeaders = {},
  name: string,
): string | undefined {
  return Object.entries(headers).findLast(
    ([given]) => given.toLowerCase() === name.toLowerCase(),
  )?.[1];
}

/**
 * Headers together; of two of one name the last. By loops: an object that is spread first and added to then is ten
 * times as slow.
 *
 * @internal
 */
export function joinHeaders(
  ...parts: readonly (ResponseHeaders | undefined)[]
): Record<string, string> {
  const all: Record<string, string> = {};
  for (const headers of parts) {
    for (const name in headers) all[name] = headers[name] ?? '';
  }
  return all;
}

/**
 * A header as it is written.
 *
 * @internal
 */
export interface HeaderField {
  readonly name: string;
  /** The name in lower case. */
  readonly key: string;
  readonly value: string;
}

/**
 * The fields of headers that stay the same.
 *
 * @internal
 */
export const knownFields = new FrozenMemo<
  ResponseHeaders,
  readonly HeaderField[]
>();

/**
 * The fields of these headers, which are known from then on where they stay the same.
 *
 * @internal
 */
export function fieldsOf(headers: ResponseHeaders): readonly HeaderField[] {
  const fields = Object.entries(headers).map(([name, value]) => ({
    name,
    key: name.toLowerCase(),
    value,
  }));
  knownFields.set(headers, fields);
  return fields;
}
