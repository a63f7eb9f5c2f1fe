import { type CustomDecorator, SetMetadata } from '@nestjs/common';

import { type DownloadResponseOptions } from '../responses/download-response.js';

/**
 * Options of @Download().
 *
 * @publicApi
 */
export type DownloadOptions = Omit<DownloadResponseOptions, 'fileNotFound'>;

/** @internal */
export const DOWNLOAD_METADATA = 'nestjs-downloadview:download';

/**
 * Makes what the handler returns a download. On a controller it holds for all its handlers; what a
 * handler says itself comes first, and what a DownloadResponse says comes before both.
 *
 * ```ts
 * @Get('rows.csv')
 * @Download({ basename: 'rows.csv' })
 * rows() {
 *   return 'id,name\n1,Ada\n';
 * }
 * ```
 *
 * The handler may return a file wrapper, a DownloadResponse, a string, a Uint8Array, a Readable, an
 * iterable or an async iterable; anything else is an error. A handler of another method than GET
 * answers 200, without conditions and ranges.
 *
 * @publicApi
 */
export function Download(
  options: DownloadOptions = {},
): CustomDecorator<string> {
  return SetMetadata(DOWNLOAD_METADATA, options);
}
