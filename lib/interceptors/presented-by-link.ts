import { type ExecutionContext } from '@nestjs/common';

import { DownloadResponse } from '../responses/download-response.js';
import { signedLinkOf } from '../signing/signed-link.js';

/**
 * The response as the signed link wants it presented, where the request came by one: what the link fixes
 * comes before what the route says.
 *
 * @internal
 */
export function presentedByLink(
  response: DownloadResponse,
  context: ExecutionContext,
): DownloadResponse {
  const request = context.switchToHttp().getRequest<object>();
  const fixed = signedLinkOf(request)?.presentation ?? {};
  if (Object.keys(fixed).length === 0) return response;
  return new DownloadResponse(response.file, {
    ...response.presentation,
    ...fixed,
  });
}
