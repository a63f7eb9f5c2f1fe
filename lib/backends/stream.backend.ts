import { InvalidOptionsError } from '../errors/download-errors.js';
import {
  type DownloadBackend,
  type ProxiableDownload,
  type ProxiableRequest,
  refuse,
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

/**
 * No server in front, or one that knows no offload: the application sends every file itself.
 *
 * @throws InvalidOptionsError for an idle timeout that is no whole number of milliseconds
 * @publicApi
 */
export function stream({ idleTimeout }: StreamOptions = {}): DownloadBackend {
  if (
    idleTimeout !== undefined &&
    (!Number.isSafeInteger(idleTimeout) || idleTimeout < 0)
  ) {
    throw new InvalidOptionsError(
      'stream.idleTimeout',
      idleTimeout,
      'Give whole milliseconds, 0 for never.',
    );
  }
  return {
    name: 'stream',
    idleTimeout,
    proxy: (_: ProxiableDownload, request: ProxiableRequest) =>
      refuse(request, 'noServer'),
  };
}
