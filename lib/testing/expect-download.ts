import { InvalidOptionsError, quote } from '../errors/download-errors.js';
import {
  type Expectation,
  mismatch,
  type Mismatch,
  type OptionCheck,
  requireExpected,
  type ExpectedPresentation,
  PRESENTATION_CHECKS,
} from './expectation.js';
import { offloadFields, wrongStatus } from './expect-offload.js';
import {
  fieldValue,
  type ReadResponse,
  type TestResponse,
} from './test-response.js';

/**
 * What a download is expected to be.
 *
 * @publicApi
 */
export interface ExpectedDownload extends ExpectedPresentation {
  /** All bytes of the body; text stands for UTF-8. */
  readonly content?: string | Uint8Array;
  /** How many bytes the body has; of HEAD, how many it would have. */
  readonly size?: number;
}

/** How much of a difference is shown on each side of it. */
const SHOWN = 40;

/**
 * @internal
 */
export const DOWNLOAD: Expectation<ExpectedDownload> = {
  title: 'the expected download',
  shape: (response) => {
    const status = wrongStatus(response, [200, 206]);
    if (status.length > 0) return status;
    const wrong = offloadFields(response).map(([name, value]) =>
      mismatch(name, undefined, value),
    );
    if (fieldValue(response, 'content-disposition') === undefined) {
      wrong.push({
        option: 'content-disposition',
        expected: 'one',
        actual: 'none',
      });
    }
    return wrong;
  },
  checks: {
    ...PRESENTATION_CHECKS,
    content: checkContent,
    size: checkSize,
  },
};

/**
 * Requires that a response is a download that the application sends itself: 200 or 206, with a
 * Content-Disposition and without an offload header. Everything that is expected beyond that is compared.
 *
 * ```ts
 * const response = await request(app.getHttpServer()).get('/documents/1');
 * expectDownload(response, { basename: 'report.pdf', content: bytes });
 * ```
 *
 * supertest reads types that it does not know as text, which spoils bytes that are no UTF-8: ask with
 * `.responseType('blob')` where `content` is to be compared.
 *
 * @param response of supertest, Fastify's `app.inject()` or `fetch()`, awaited
 * @param expected what is left out is not compared
 * @throws AssertionError that names each option that differs, what was expected and what was there
 * @throws InvalidOptionsError for an option that is unknown or has no value, and for what is no response
 * @publicApi
 */
export function expectDownload(
  response: TestResponse,
  expected: ExpectedDownload = {},
): void {
  requireExpected(expectDownload, DOWNLOAD, response, expected);
}

type Given = Parameters<OptionCheck<ExpectedDownload>>[0];

function checkContent({
  option,
  value,
  response,
}: Given): Mismatch | undefined {
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) {
    throw new InvalidOptionsError(option, value, 'Give a string or bytes.');
  }
  const expected = Buffer.from(value);
  const { body } = response;
  if (body?.equals(expected)) return undefined;
  const at = body ? firstDifference(expected, body) : 0;
  return {
    option: 'content',
    expected: shown(expected, at),
    actual:
      (body ? shown(body, at) : 'not read: give { status, headers, body }') +
      (isSpoilt(response) ? '; it was read as text: ask for it as bytes' : ''),
  };
}

function checkSize({ option, value, response }: Given): Mismatch | undefined {
  if (!Number.isSafeInteger(value) || Number(value) < 0) {
    throw new InvalidOptionsError(option, value, 'Give whole bytes.');
  }
  const wrong = sizesOf(response).find((size) => size !== value);
  return wrong === undefined ? undefined : mismatch('size', value, wrong);
}

/** Content-Length, and what has arrived: nothing for HEAD, and something else where it was decoded. */
function sizesOf(response: ReadResponse): (number | string)[] {
  const length = fieldValue(response, 'content-length');
  const { body } = response;
  const sizes = length === undefined ? [] : [Number(length)];
  const isDecoded =
    isSpoilt(response) ||
    fieldValue(response, 'content-encoding') !== undefined;
  if (body && (sizes.length === 0 || (body.length > 0 && !isDecoded))) {
    sizes.push(body.length);
  }
  return sizes.length > 0 ? sizes : ['not known'];
}

function isSpoilt({ body, isText = false }: ReadResponse): boolean {
  return isText && body !== undefined && body.includes('\uFFFD');
}

function firstDifference(a: Buffer, b: Buffer): number {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at === -1 ? a.length : at;
}

function shown(bytes: Buffer, at: number): string {
  const from = Math.max(0, at - SHOWN);
  const part = bytes.subarray(from, at + SHOWN);
  const text = quote(part.toString());
  return from > 0 || part.length < bytes.length
    ? `${text} from byte ${from} of ${bytes.length}`
    : `${text} (${bytes.length} bytes)`;
}
