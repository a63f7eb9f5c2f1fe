import { DownloadError } from './download.error.js';

/**
 * Why a remote file could not be had.
 *
 * @publicApi
 */
export type RemoteFailure =
  'not-allowed' | 'refused' | 'timed-out' | 'too-large';

/**
 * The remote server did not hand out the file. `reason` decides what the client gets: 504 for
 * `timed-out`, 502 for the others (RFC 9110 15.6.3, 15.6.5).
 *
 * @publicApi
 */
export class RemoteFileError extends DownloadError {
  readonly code = 'REMOTE_FILE';

  constructor(
    readonly reason: RemoteFailure,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
