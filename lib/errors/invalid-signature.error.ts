import { DownloadError } from './download.error.js';

/**
 * A signed link does not hold: it was changed, is for something else or somebody else, or its time is
 * not now. The client gets 403 (RFC 9110 15.5.4), the same for every reason; the reason stands in the
 * message, without the link's query.
 *
 * @publicApi
 */
export class InvalidSignatureError extends DownloadError {
  readonly code = 'INVALID_SIGNATURE';
}
