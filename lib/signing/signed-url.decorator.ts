import { applyDecorators, SetMetadata, UseGuards } from '@nestjs/common';

import { SignedUrlGuard } from './signed-url.guard.js';
import {
  checkSignedUrlOptions,
  SIGNED_URL,
  type SignedUrlOptions,
} from './signed-url-options.js';
import { type SignedRequest } from './signed-request.js';

/**
 * Answers 403 unless the request came by a link that UrlSigner made. On a controller it holds for all its
 * handlers; what a handler says itself comes first.
 *
 * ```ts
 * @Controller('files/*path')
 * @SignedUrl()
 * class FileController extends StorageDownloadController {}
 *
 * StorageDownloadController.asController('media/*path', { decorators: [SignedUrl()] });
 * ```
 *
 * What the link fixes (`basename`, `contentType`, `attachment`) comes before what the route says of its
 * download. The answer is `private`, no cache keeps it longer than the link works, and no page that it
 * leads to is told its address. A link is for GET and HEAD, unless it was made for another `method`.
 *
 * The signature is asked for after the other guards of the same controller or handler: `boundTo` finds on
 * the request what they put there.
 *
 * @throws InvalidOptionsError for an option that is unknown or wrong
 * @publicApi
 */
export function SignedUrl<Request = SignedRequest>(
  options: SignedUrlOptions<Request> = {},
): ClassDecorator & MethodDecorator {
  checkSignedUrlOptions(options);
  return applyDecorators(
    SetMetadata(SIGNED_URL, options),
    UseGuards(SignedUrlGuard),
  );
}
