import { type DownloadFile } from '../files/download-file.js';
import { type DownloadDescription } from '../responses/describe.js';
import {
  type ProxiableDownload,
  type ProxiableRequest,
} from '../responses/download-backend.js';

/**
 * Whether a file has a tag that does not come from its disk, such as a row's: the path below it may change
 * to another file of the same size and second.
 *
 * @internal
 */
export function hasOwnTag(
  { hasDiskTag = false }: DownloadFile,
  { etag }: DownloadDescription,
): boolean {
  return etag !== undefined && !hasDiskTag;
}

/**
 * Whether the application itself says, for this request, if the file has changed.
 *
 * @internal
 */
export function isDatedByHook(
  { file, presentation }: ProxiableDownload,
  { headers }: ProxiableRequest,
): boolean {
  return (
    (presentation.wasModifiedSince !== undefined ||
      typeof file.wasModifiedSince === 'function') &&
    'if-modified-since' in headers &&
    !('if-none-match' in headers)
  );
}
