import {
  comparing,
  type Expectation,
  type OptionCheck,
  requireExpected,
} from './expectation.js';
import { wrongOffload } from './offload-shape.js';
import {
  type ExpectedPresentation,
  isBoolean,
  isString,
  PRESENTATION_CHECKS,
} from './presentation-checks.js';
import { fieldValue, type TestResponse } from './test-response.js';

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
