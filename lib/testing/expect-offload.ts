import { type PathEncoding } from '../backends/rules.js';
import { InvalidOptionsError, quote } from '../errors/download-errors.js';
import { OFFLOAD_HEADERS } from '../responses/response-headers.js';
import {
  mismatch,
  type Mismatch,
  comparing,
  type Expectation,
  type OptionCheck,
  requireExpected,
  type ExpectedPresentation,
  isBoolean,
  isString,
  PRESENTATION_CHECKS,
} from './expectation.js';
import { sentPath } from './sent-path.js';
import {
  fieldValue,
  type ReadResponse,
  type TestResponse,
} from './test-response.js';

const OFFLOAD_FIELDS = new Set(
  OFFLOAD_HEADERS.map((name) => name.toLowerCase()),
);

/**
 * The headers that tell a server to send a file, with their values.
 *
 * @internal
 */
export function offloadFields({
  fields,
}: ReadResponse): ReadResponse['fields'] {
  return fields.filter(([name]) => OFFLOAD_FIELDS.has(name));
}

/**
 * What is wrong with an answer that is to make the server send a file: 200, no body, and exactly one offload
 * header, this one.
 *
 * @param name of the header, in lower case
 * @internal
 */
export function wrongOffload(response: ReadResponse, name: string): Mismatch[] {
  const status = wrongStatus(response, [200]);
  if (status.length > 0) return status;
  const wrong: Mismatch[] = [];
  const offloads = offloadFields(response);
  const [offload] = offloads;
  if (offloads.length !== 1 || offload[0] !== name || offload[1] === '') {
    wrong.push({
      option: 'offload headers',
      expected: `one ${name}`,
      actual: offloads.length > 0 ? quote(offloads) : 'none',
    });
  }
  const length = fieldValue(response, 'content-length');
  const size = response.body?.length ?? length ?? 'not known';
  if (Number(size) !== 0 || Number(length ?? 0) !== 0) {
    wrong.push(mismatch('size', 0, Number(size) === 0 ? length : size));
  }
  return wrong;
}

/**
 * @internal
 */
export function wrongStatus(
  { status, body }: ReadResponse,
  expected: readonly number[],
): Mismatch[] {
  if (expected.includes(status)) return [];
  const told = body?.length ? `${status}: ${quote(body.toString())}` : status;
  return [
    {
      option: 'status',
      expected: expected.join(' or '),
      actual: String(told),
    },
  ];
}

/**
 * What the application is expected to tell nginx or Caddy. Of the options of `nginx()`, null stands for a
 * header that is not there.
 *
 * @publicApi
 */
export interface ExpectedXAccelRedirect extends ExpectedPresentation {
  /** The value of X-Accel-Redirect, as it is sent: `/_offload/a%20b.txt`. */
  readonly redirectUrl?: string;
  /** The same as `redirectUrl`. */
  readonly url?: string;
  /** X-Accel-Charset. */
  readonly charset?: string | null;
  /** X-Accel-Expires; false and 0 are the same to nginx. */
  readonly expires?: number | Date | false | null;
  /** X-Accel-Buffering. */
  readonly buffering?: boolean | null;
  /** X-Accel-Limit-Rate, in bytes per second; false and 0 are the same to nginx. */
  readonly limitRate?: number | false | null;
}

const redirectUrl: OptionCheck<object> = comparing(
  isString,
  "Give an internal location as it is sent: '/_offload/a%20b.txt'.",
  (response) => fieldValue(response, 'x-accel-redirect'),
);

/**
 * @internal
 */
export const X_ACCEL_REDIRECT: Expectation<ExpectedXAccelRedirect> = {
  title: 'the expected X-Accel-Redirect',
  shape: (response) => wrongOffload(response, 'x-accel-redirect'),
  checks: {
    ...PRESENTATION_CHECKS,
    redirectUrl,
    url: redirectUrl,
    charset: accelCheck('charset', isString, 'Give a charset'),
    expires: accelCheck(
      'expires',
      (value) => isCount(value) || isDate(value),
      'Give whole seconds, a date, false',
      (value) =>
        value instanceof Date
          ? `@${Math.floor(value.getTime() / 1000)}`
          : String(Number(value)),
    ),
    buffering: accelCheck(
      'buffering',
      isBoolean,
      'Give true, false',
      (value) => (value ? 'yes' : 'no'),
    ),
    limitRate: accelCheck(
      'limit-rate',
      isCount,
      'Give whole bytes per second, false',
      (value) => String(Number(value)),
    ),
  },
};

/**
 * Requires that a response makes nginx (or Caddy) send a file: 200, no body, and exactly one offload header,
 * X-Accel-Redirect. Everything that is expected beyond that is compared.
 *
 * ```ts
 * const response = await request(app.getHttpServer()).get('/documents/1');
 * expectXAccelRedirect(response, { redirectUrl: '/_offload/1.pdf', basename: 'report.pdf' });
 * ```
 *
 * @param response of supertest, Fastify's `app.inject()` or `fetch()`, awaited
 * @param expected what is left out is not compared
 * @throws AssertionError that names each option that differs, what was expected and what was there
 * @throws InvalidOptionsError for an option that is unknown or has no value, and for what is no response
 * @publicApi
 */
export function expectXAccelRedirect(
  response: TestResponse,
  expected: ExpectedXAccelRedirect = {},
): void {
  requireExpected(expectXAccelRedirect, X_ACCEL_REDIRECT, response, expected);
}

function accelCheck(
  name: string,
  holds: (value: unknown) => boolean,
  accepted: string,
  headerOf: (value: unknown) => unknown = (value) => value,
): OptionCheck<object> {
  return comparing(
    (value): value is unknown => value === null || holds(value),
    `${accepted}, or null where the header must not be there.`,
    (response) => fieldValue(response, `x-accel-${name}`),
    (value) => (value === null ? undefined : headerOf(value)),
  );
}

function isCount(value: unknown): boolean {
  return value === false || (Number.isSafeInteger(value) && Number(value) >= 0);
}

function isDate(value: unknown): boolean {
  return value instanceof Date && !Number.isNaN(value.getTime());
}

/**
 * What the application is expected to tell Apache or lighttpd.
 *
 * @publicApi
 */
export interface ExpectedXSendfile extends ExpectedPresentation {
  /** The path that the server opens, decoded: `/srv/media/a b.txt`. */
  readonly path?: string;
  /** How `path` is written in X-Sendfile, as in the options of `apache()`; `percent` by default. */
  readonly pathEncoding?: PathEncoding;
}

/**
 * @internal
 */
export const X_SENDFILE: Expectation<ExpectedXSendfile> = {
  title: 'the expected X-Sendfile',
  shape: (response) => wrongOffload(response, 'x-sendfile'),
  checks: {
    ...PRESENTATION_CHECKS,
    path: comparing(isString, "Give a path: '/srv/media/a b.txt'.", pathOf),
    pathEncoding: checkPathEncoding,
  },
};

/**
 * Requires that a response makes Apache or lighttpd send a file: 200, no body, and exactly one offload header,
 * X-Sendfile. Everything that is expected beyond that is compared.
 *
 * ```ts
 * const response = await request(app.getHttpServer()).get('/documents/1');
 * expectXSendfile(response, { path: '/srv/media/1.pdf', basename: 'report.pdf' });
 * ```
 *
 * @param response of supertest, Fastify's `app.inject()` or `fetch()`, awaited
 * @param expected what is left out is not compared
 * @throws AssertionError that names each option that differs, what was expected and what was there
 * @throws InvalidOptionsError for an option that is unknown or has no value, and for what is no response
 * @publicApi
 */
export function expectXSendfile(
  response: TestResponse,
  expected: ExpectedXSendfile = {},
): void {
  requireExpected(expectXSendfile, X_SENDFILE, response, expected);
}

/** The value itself, where it is not what the encoding would have made. */
function pathOf(
  response: ReadResponse,
  { pathEncoding = 'percent' }: ExpectedXSendfile,
): string | undefined {
  const value = fieldValue(response, 'x-sendfile') ?? '';
  return sentPath(value, pathEncoding) ?? `${value} (not ${pathEncoding})`;
}

/** It compares nothing by itself. */
function checkPathEncoding({
  option,
  value,
  options,
}: Parameters<OptionCheck<ExpectedXSendfile>>[0]): undefined {
  if (value !== 'raw' && value !== 'percent') {
    throw new InvalidOptionsError(option, value, "Give 'raw' or 'percent'.");
  }
  if (options.path === undefined) {
    throw new InvalidOptionsError(option, value, 'Give `path` with it.');
  }
}
