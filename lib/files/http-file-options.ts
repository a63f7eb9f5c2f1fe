import { InvalidOptionsError } from '../errors/download-errors.js';
import { hostIn } from './http-file-url.js';

/**
 * Options of HttpFile.
 *
 * @publicApi
 */
export interface HttpFileOptions {
  /** What the client calls it; by default what the server calls it, else the last segment of the URL's path. */
  readonly name?: string;
  /**
   * The servers that may be asked, and redirected to: `host` or `host:port`, compared exactly, no wildcards.
   * One whose address is not public (loopback, private, link-local ...) is asked only where it stands here
   * with its port.
   */
  readonly allowedHosts: readonly string[];
  /**
   * Milliseconds for connecting, for the headers, and between two pieces of the body, each; 30,000 by
   * default. A client that takes nothing costs none of them.
   */
  readonly timeout?: number;
  /** Bytes; a larger file is refused, and cut where its size was not announced. No limit by default. */
  readonly maxSize?: number;
}

/** What an HttpFile does where nothing is said. */
export const DEFAULT_TIMEOUT = 30_000;

const HOST = /^(?:[^\s/?#@\\*%:[\]]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
// Timers of Node hold no more.
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/**
 * Checks the list of servers.
 *
 * @param owner whose option it is, for the message
 * @throws InvalidOptionsError for an empty list, and for what is no host or host:port
 * @internal
 */
export function checkAllowedHosts(owner: string, value: unknown): void {
  if (!Array.isArray(value) || value.length === 0) {
    throw new InvalidOptionsError(
      `${owner}.allowedHosts`,
      value,
      "Name the servers that may be asked: ['assets.example.com'].",
    );
  }
  value.forEach((host: unknown, index) => {
    if (typeof host === 'string' && isHost(host)) return;
    throw new InvalidOptionsError(
      `${owner}.allowedHosts[${index}]`,
      host,
      "Give host or host:port, without scheme, path and wildcards: 'assets.example.com', 'files.internal:9000'.",
    );
  });
}

/**
 * Checks how long is waited, and how much is taken.
 *
 * @param owner whose options they are, for the message
 * @throws InvalidOptionsError
 * @internal
 */
export function checkLimits(
  owner: string,
  { timeout, maxSize }: Pick<HttpFileOptions, 'timeout' | 'maxSize'>,
): void {
  checkTimeout(`${owner}.timeout`, timeout);
  checkMaxSize(`${owner}.maxSize`, maxSize);
}

function isHost(value: string): boolean {
  return HOST.test(value) && hostIn(value, 'https:') !== undefined;
}

function checkTimeout(option: string, value: unknown): void {
  if (
    value === undefined ||
    (typeof value === 'number' && value > 0 && value <= LONGEST_TIMEOUT)
  ) {
    return;
  }
  throw new InvalidOptionsError(
    option,
    value,
    `Give milliseconds, more than 0 and at most ${LONGEST_TIMEOUT}.`,
  );
}

function checkMaxSize(option: string, value: unknown): void {
  if (value === undefined || (typeof value === 'number' && value > 0)) return;
  throw new InvalidOptionsError(
    option,
    value,
    'Give bytes, more than 0, or leave it out for no limit.',
  );
}
