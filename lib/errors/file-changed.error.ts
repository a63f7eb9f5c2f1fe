import { DownloadError } from './download.error.js';

/**
 * The file is not the one any more that was described: its entity tag is another. Storages throw it
 * where a window is asked for with `ifMatch`; the answer is then decided once more.
 *
 * @publicApi
 */
export class FileChangedError extends DownloadError {
  readonly code = 'FILE_CHANGED';
}
