import {
  CHECKED_ELSEWHERE,
  checkOptions,
  type OptionCheck,
  type OptionChecks,
  wholeNumber,
} from '../errors/check-options.js';
import { checkHeaders } from '../responses/response-headers.js';

/**
 * What one of the checks found.
 *
 * @publicApi
 */
export interface DownloadHealthPart {
  /** `unchecked` where an earlier check failed that this one rests on. */
  readonly status: 'up' | 'down' | 'unchecked';
  /** What is wrong, and what to look at; only where it is not `up`. */
  readonly message?: string;
}

/**
 * What all checks found: all of it is part of the indicator's result.
 *
 * @publicApi
 */
export interface DownloadHealth {
  /** The storage can be read. */
  readonly storage: DownloadHealthPart;
  /** The application answers with the offload header, or where nobody else is to send files, with the file. */
  readonly application: DownloadHealthPart;
  /** The server in front sends the file. */
  readonly server: DownloadHealthPart;
  /** From outside no offload header is seen, and no internal location is open. */
  readonly outside: DownloadHealthPart;
}

/**
 * @internal
 */
export const up: DownloadHealthPart = { status: 'up' };

/**
 * @internal
 */
export function down(message: string): DownloadHealthPart {
  return { status: 'down', message };
}

/**
 * @param failed the check that this one rests on
 * @internal
 */
export function unchecked(failed: keyof DownloadHealth): DownloadHealthPart {
  return { status: 'unchecked', message: `${failed} is down` };
}

/**
 * Options of DownloadHealthIndicator.check().
 *
 * @publicApi
 */
export interface DownloadHealthOptions {
  /** Name of the storage that holds the canary file; `default` by default. */
  readonly storage?: string;
  /** Key of the canary file: a small file, not empty, of at most 1 MiB, that is there to be asked for. */
  readonly canary: string;
  /** Where clients get the canary file, through the server in front: `https://example.com/public/canary.txt`. */
  readonly publicUrl: string;
  /** Where the application itself answers for it: `http://127.0.0.1:3000/public/canary.txt`. */
  readonly appUrl: string;
  /**
   * Headers of the requests for the canary file, where its route lets nobody else in:
   * `{ Authorization: 'Bearer ...' }`. None by default.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds for the storage, and for each request; 2,000 by default. */
  readonly timeout?: number;
}

/**
 * @internal
 */
export type CheckedHealthOptions = Required<DownloadHealthOptions>;

const NAME: OptionCheck = [
  (value) => typeof value === 'string' && value !== '',
  'Give a name.',
];

const ADDRESS: OptionCheck = [
  (value) =>
    typeof value === 'string' &&
    URL.canParse(value) &&
    /^https?:$/.test(new URL(value).protocol),
  "Give the whole address of the canary file, by http or https: 'http://127.0.0.1:3000/public/canary.txt'.",
];

const CHECKS: OptionChecks<DownloadHealthOptions> = {
  storage: NAME,
  canary: NAME,
  publicUrl: ADDRESS,
  appUrl: ADDRESS,
  headers: CHECKED_ELSEWHERE,
  timeout: wholeNumber(1, 'Give whole milliseconds, 1 or more.'),
};

/**
 * @throws InvalidOptionsError
 * @internal
 */
export function checkHealthOptions(
  options: DownloadHealthOptions,
): CheckedHealthOptions {
  checkOptions('DownloadHealthIndicator', options, CHECKS, {
    example: '{ canary, publicUrl, appUrl }',
    required: ['canary', 'publicUrl', 'appUrl'],
  });
  const { storage = 'default', headers = {}, timeout = 2_000 } = options;
  checkHeaders(headers);
  const { canary, publicUrl, appUrl } = options;
  return { storage, canary, publicUrl, appUrl, headers, timeout };
}
