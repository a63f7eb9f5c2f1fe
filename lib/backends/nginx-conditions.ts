import { formatHttpDate, ifRangeHolds } from '../http/preconditions.js';
import {
  type ProxiableDownload,
  type ProxiableRequest,
  refuse,
} from '../responses/download-backend.js';
import { ProxiedDownloadResponse } from '../responses/proxied-download-response.js';
import { type FileStat } from '../storages/file-stat.js';
import { nginxValidators } from './nginx-validators.js';
import { hasOwnTag, isDatedByHook } from './own-validators.js';

type Validators = Pick<FileStat, 'etag' | 'lastModified'>;

/** nginx holds them against tag and time of the file on its disk, whatever its configuration says. */
const MISJUDGED = ['if-match', 'if-unmodified-since'];

/**
 * Who answers the conditions of a request for a file on a disk. nginx does, by a tag of whole seconds and
 * size. That is enough for one path, and not for a row that points to one path after another: a file with a
 * tag of its own is for the application, and so is a date that it has a hook for. Then nginx is told tag and
 * date along with the file, and judges nothing.
 *
 * @returns undefined where nginx would judge all the same
 * @internal
 */
export async function withConditions(
  proxied: ProxiedDownloadResponse,
  response: ProxiableDownload,
  request: ProxiableRequest,
): Promise<ProxiedDownloadResponse | undefined> {
  const description = await response.describe();
  const isTagged = hasOwnTag(response.file, description);
  if (!isTagged && !isDatedByHook(response, request)) return proxied;
  if (MISJUDGED.some((name) => name in request.headers)) {
    return isTagged ? refuse(request, 'ownTag') : proxied;
  }
  const told = isTagged ? description : await nginxValidators(response.file);
  const { etag, lastModified } = told;
  if (etag === undefined || isLax(request, told)) {
    return refuse(request, 'ownTag');
  }
  return new ProxiedDownloadResponse(
    proxied.offloadHeader,
    proxied.location,
    {
      ...proxied.headers,
      ETag: etag,
      ...(lastModified && { 'Last-Modified': formatHttpDate(lastModified) }),
    },
    { unconditional: true },
  );
}

/** nginx compares If-Range as a text: a weak tag and a date of this second would hold. */
function isLax(
  { headers: { 'if-range': value } }: ProxiableRequest,
  { etag, lastModified }: Validators,
): boolean {
  const condition = value?.toString();
  return (
    condition?.startsWith('"') === false &&
    !ifRangeHolds(condition, { etag, lastModified }, new Date())
  );
}
