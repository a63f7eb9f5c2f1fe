import { DownloadError } from './download.error.js';

/**
 * There is no such file for this client: it does not exist, is not a regular file, its row is missing
 * or may not be read. The client gets 404 (RFC 9110 15.5.5); the reason stands in the log only.
 *
 * @publicApi
 */
export class FileNotFoundError extends DownloadError {
  readonly code: string = 'FILE_NOT_FOUND';
}
