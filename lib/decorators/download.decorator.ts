import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';

import { checkPresentation } from '../responses/presentation.js';
import { DOWNLOAD_METADATA, type DownloadOptions } from './download-options.js';
import { DownloadValueInterceptor } from './download-value.interceptor.js';

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
 * @throws InvalidOptionsError for an option that is unknown or wrong
 * @publicApi
 */
export function Download(
  options: DownloadOptions = {},
): ClassDecorator & MethodDecorator {
  checkPresentation('@Download()', options);
  return applyDecorators(
    SetMetadata(DOWNLOAD_METADATA, options),
    UseInterceptors(DownloadValueInterceptor),
  );
}
