import { DownloadError } from './download.error.js';

/**
 * The storage could not be asked: it is down, the disk fails (EIO) or descriptors ran out (EMFILE).
 * The client gets 503 (RFC 9110 15.6.4).
 *
 * @publicApi
 */
export class StorageUnavailableError extends DownloadError {
  readonly code = 'STORAGE_UNAVAILABLE';
}
