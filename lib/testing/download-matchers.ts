import { DOWNLOAD, type ExpectedDownload } from './expect-download.js';
import {
  type ExpectedXAccelRedirect,
  X_ACCEL_REDIRECT,
  type ExpectedXSendfile,
  X_SENDFILE,
} from './expect-offload.js';
import {
  type Expectation,
  messageOf,
  mismatchesOf,
  type Mismatch,
} from './expectation.js';

/**
 * What `expect()` can do after `expect.extend(downloadMatchers)`; see there.
 *
 * @publicApi
 */
export interface DownloadMatchers<Result = void> {
  /** As expectDownload(). */
  toBeDownload(expected?: ExpectedDownload): Result;
  /** As expectXAccelRedirect(). */
  toBeXAccelRedirect(expected?: ExpectedXAccelRedirect): Result;
  /** As expectXSendfile(). */
  toBeXSendfile(expected?: ExpectedXSendfile): Result;
}

/**
 * What a matcher of jest and of vitest answers.
 *
 * @publicApi
 */
export interface MatcherResult {
  /** Whether the response is as it was expected. */
  readonly pass: boolean;
  /** What is different, for people. */
  readonly message: () => string;
}

/**
 * Matchers for jest and vitest:
 *
 * ```ts
 * expect.extend(downloadMatchers);
 * expect(response).toBeDownload({ basename: 'report.pdf' });
 * ```
 *
 * TypeScript is told once, in any file of the tests that imports the type `DownloadMatchers`. For vitest 3.2
 * and later:
 *
 * ```ts
 * declare module 'vitest' {
 *   interface Matchers<T> extends DownloadMatchers {}
 * }
 * ```
 *
 * For jest and `@jest/globals`:
 *
 * ```ts
 * declare module 'expect' {
 *   interface Matchers<R extends void | Promise<void>, T> extends DownloadMatchers<R> {}
 * }
 * ```
 *
 * For jest and its global names, of `@types/jest`:
 *
 * ```ts
 * declare global {
 *   namespace jest {
 *     interface Matchers<R, T> extends DownloadMatchers<R> {}
 *   }
 * }
 * ```
 *
 * Each matcher throws InvalidOptionsError, with `.not` too, for an option that is unknown or has no value and
 * for what is no response.
 *
 * @publicApi
 */
export const downloadMatchers = {
  /** As expectDownload(). */
  toBeDownload: (
    received: unknown,
    expected: ExpectedDownload = {},
  ): MatcherResult => result('toBeDownload', DOWNLOAD, received, expected),

  /** As expectXAccelRedirect(). */
  toBeXAccelRedirect: (
    received: unknown,
    expected: ExpectedXAccelRedirect = {},
  ): MatcherResult =>
    result('toBeXAccelRedirect', X_ACCEL_REDIRECT, received, expected),

  /** As expectXSendfile(). */
  toBeXSendfile: (
    received: unknown,
    expected: ExpectedXSendfile = {},
  ): MatcherResult => result('toBeXSendfile', X_SENDFILE, received, expected),
};

function result<Options extends object>(
  owner: string,
  expectation: Expectation<Options>,
  received: unknown,
  expected: Options,
): MatcherResult {
  const mismatches: readonly Mismatch[] = mismatchesOf(
    owner,
    expectation,
    received,
    expected,
  );
  const pass = mismatches.length === 0;
  return {
    pass,
    message: () =>
      pass
        ? `This is ${expectation.title}, and should not be.`
        : messageOf(expectation.title, mismatches),
  };
}
