import { InvalidOptionsError } from '../errors/download-errors.js';

/**
 * A response as a test gets it: of supertest, of Fastify's `app.inject()`, of `fetch()`, or put together by
 * hand from `status`, `headers` and `body`.
 *
 * What fetch() gives has no body yet. Where the body is to be compared, read it first:
 * `{ status, headers, body: Buffer.from(await response.arrayBuffer()) }`.
 *
 * @publicApi
 */
export interface TestResponse {
  /** Of supertest and fetch(). */
  readonly status?: number;
  /** Of app.inject(). */
  readonly statusCode?: number;
  /** An object by names, or `Headers`. */
  readonly headers: object;
  /** Bytes, or text. */
  readonly body?: unknown;
  /** What supertest has of a text. */
  readonly text?: unknown;
  /** What app.inject() has of every body. */
  readonly rawPayload?: Uint8Array;
}

/**
 * The same of every source.
 *
 * @internal
 */
export interface ReadResponse {
  readonly status: number;
  /** Names in lower case; a header that came twice stands twice. */
  readonly fields: readonly Field[];
  /** Undefined where it was not read. */
  readonly body?: Buffer;
  /** Whether the body was read as text: bytes that are no UTF-8 are lost then. */
  readonly isText?: boolean;
}

type Field = readonly [name: string, value: string];

/**
 * Reads a response of any source.
 *
 * @param owner what was given the response, for the message
 * @throws InvalidOptionsError for what is no response
 * @internal
 */
export function readResponse(owner: string, response: unknown): ReadResponse {
  if (!isResponse(response)) {
    throw new InvalidOptionsError(
      `${owner}.response`,
      isPromise(response) ? 'a promise' : response,
      'Give the response of supertest, app.inject() or fetch(), after `await`.',
    );
  }
  return {
    status: response.status ?? response.statusCode ?? 0,
    fields: fieldsOf(response),
    ...bodyOf(response),
  };
}

/**
 * The value of a header; of one that came several times all values, joined by commas.
 *
 * @param name in lower case
 * @internal
 */
export function fieldValue(
  { fields }: ReadResponse,
  name: string,
): string | undefined {
  const values = fields
    .filter(([field]) => field === name)
    .map(([, value]) => value);
  return values.length > 0 ? values.join(', ') : undefined;
}

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value;
}

function isResponse(value: unknown): value is TestResponse {
  return (
    typeof value === 'object' &&
    value !== null &&
    'headers' in value &&
    typeof value.headers === 'object' &&
    value.headers !== null &&
    (('status' in value && typeof value.status === 'number') ||
      ('statusCode' in value && typeof value.statusCode === 'number'))
  );
}

function fieldsOf(response: TestResponse): Field[] {
  const { headers } = response;
  const entries: [unknown, unknown][] =
    linesOf(response) ??
    (isIterable(headers) ? [...headers] : Object.entries(headers));
  return entries.flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((line) => line !== undefined)
      .map((line): Field => [String(name).toLowerCase(), String(line)]),
  );
}

/** `Headers`, of whichever fetch(). */
function isIterable(headers: object): headers is Iterable<[string, string]> {
  return Symbol.iterator in headers;
}

/** supertest keeps node's message, which tells a header that came twice from one with a comma. */
function linesOf(response: object): [unknown, unknown][] | undefined {
  if (!('res' in response) || typeof response.res !== 'object')
    return undefined;
  const { res } = response;
  if (res === null || !('rawHeaders' in res)) return undefined;
  const { rawHeaders } = res;
  if (!Array.isArray(rawHeaders)) return undefined;
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  return names.map((name, index) => [name, rawHeaders[2 * index + 1]]);
}

function bodyOf({
  body,
  text,
  rawPayload,
}: TestResponse): Pick<ReadResponse, 'body' | 'isText'> {
  const bytes = [rawPayload, body].find((part) => part instanceof Uint8Array);
  if (bytes) return { body: Buffer.from(bytes) };
  const string = [text, body].find((part) => typeof part === 'string');
  if (string !== undefined) return { body: Buffer.from(string), isText: true };
  return body === null ? { body: Buffer.alloc(0) } : {};
}

/**
 * A Content-Disposition as a client reads it.
 *
 * @internal
 */
export interface ReceivedDisposition {
  /** In lower case. */
  readonly type: string;
  /** What the client calls the file: `filename*` where there is one that can be read, else `filename`. */
  readonly name?: string;
}

const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const TYPE = new RegExp(`[ \\t]*(${TOKEN})[ \\t]*(?=;|$)`, 'y');
const PARAMETER = new RegExp(
  `;[ \\t]*(?:(${TOKEN})[ \\t]*=[ \\t]*(?:(${TOKEN})|"((?:[^"\\\\]|\\\\[^])*)")[ \\t]*)?(?=;|$)`,
  'y',
);
const EXTENDED =
  /^(utf-8|iso-8859-1)'[\w-]*'((?:[\w!#$&+.^`|~-]|%[0-9a-f]{2})*)$/i;

/**
 * Reads a Content-Disposition (RFC 6266 section 4, RFC 8187 section 3.2.1).
 *
 * @returns undefined where the whole does not parse, or a parameter stands twice
 * @internal
 */
export function readDisposition(
  value: string,
): ReceivedDisposition | undefined {
  const type = matchAt(TYPE, value, 0);
  if (!type) return undefined;
  const parameters = new Map<string, string>();
  for (let position = type[0].length; position < value.length;) {
    const match = matchAt(PARAMETER, value, position);
    if (!match) return undefined;
    position += match[0].length;
    const [, name, token, quoted] = match as (string | undefined)[];
    if (name === undefined) continue;
    if (parameters.has(name.toLowerCase())) return undefined;
    const text = token ?? quoted?.replace(/\\([^])/g, '$1') ?? '';
    parameters.set(name.toLowerCase(), text);
  }
  return {
    type: type[1].toLowerCase(),
    name:
      extendedValue(parameters.get('filename*')) ?? parameters.get('filename'),
  };
}

/** RFC 6266 section 4.3: one that cannot be read is ignored. */
function extendedValue(value = ''): string | undefined {
  const match = EXTENDED.exec(value);
  if (!match) return undefined;
  const [, charset, coded] = match;
  const bytes = Buffer.from(
    coded.replace(/%([0-9a-f]{2})/gi, (_, code: string) =>
      String.fromCharCode(parseInt(code, 16)),
    ),
    'latin1',
  );
  if (charset.toLowerCase() !== 'utf-8') return bytes.toString('latin1');
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

function matchAt(
  pattern: RegExp,
  text: string,
  position: number,
): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}
