import {
  checkOptions,
  type OptionChecks,
  wholeNumber,
} from '../errors/check-options.js';
import {
  type DownloadBackend,
  refuseAll,
} from '../responses/download-backend.js';

/**
 * Options of stream().
 *
 * @publicApi
 */
export interface StreamOptions {
  /** Milliseconds after which a client that takes nothing is reset; 60,000 by default, 0 for never. */
  readonly idleTimeout?: number;
}

const CHECKS: OptionChecks<StreamOptions> = {
  idleTimeout: wholeNumber(0, 'Give whole milliseconds, 0 for never.'),
};

/**
 * No server in front, or one that knows no offload: the application sends every file itself.
 *
 * @throws InvalidOptionsError for an option that is unknown or wrong
 * @publicApi
 */
export function stream(options: StreamOptions = {}): DownloadBackend {
  checkOptions('stream', options, CHECKS, {
    example: '{ idleTimeout: 60_000 }',
  });
  return {
    name: 'stream',
    idleTimeout: options.idleTimeout,
    proxy: refuseAll,
  };
}
