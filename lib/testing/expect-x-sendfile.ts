import { type PathEncoding } from '../backends/rules.js';
import { InvalidOptionsError } from '../errors/download-errors.js';
import {
  comparing,
  type Expectation,
  type OptionCheck,
  requireExpected,
} from './expectation.js';
import { wrongOffload } from './offload-shape.js';
import {
  type ExpectedPresentation,
  isString,
  PRESENTATION_CHECKS,
} from './presentation-checks.js';
import { sentPath } from './sent-path.js';
import {
  fieldValue,
  type ReadResponse,
  type TestResponse,
} from './test-response.js';

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
