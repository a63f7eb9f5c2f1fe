import { type DownloadFile } from '../files/download-file.js';
import { type DownloadDescription } from '../responses/describe.js';
import {
  type ProxiableDownload,
  type ProxiableRequest,
  refuse,
} from '../responses/download-backend.js';
import { ProxiedDownloadResponse } from '../responses/proxied-download-response.js';
import { type ResponseHeaders } from '../responses/response-headers.js';
import { storeUri } from './nginx-remote-config.js';
import { isCoded } from './server-backend.js';
import { addressOn } from './store-hosts.js';

/** nginx asks at once; the clocks of both may differ by a minute or two. */
const EXPIRES_IN = 300;

/**
 * The answer that has nginx fetch a file of another server, where it may and can: one of known size, since
 * nobody else would stop at the size that the application allows, and no several ranges, whose type would
 * be the file's.
 *
 * @param ownHeaders headers for nginx itself
 * @internal
 */
export async function remoteAnswer(
  response: ProxiableDownload,
  request: ProxiableRequest,
  hosts: readonly string[],
  ownHeaders: (description: DownloadDescription) => ResponseHeaders,
): Promise<ProxiedDownloadResponse | undefined> {
  if (!isElsewhere(response.file)) return undefined;
  if (request.headers.range?.includes(',')) {
    return refuse(request, 'remoteRanges');
  }
  if (isOnUnlistedHost(response.file, hosts)) {
    return refuse(request, 'remoteHost');
  }
  const description = await response.describe();
  if (isCoded(description)) return refuse(request, 'coding');
  if (description.size === undefined) return refuse(request, 'remoteSize');
  const address = await addressOf(response.file);
  const url = address === undefined ? undefined : addressOn(hosts, address);
  if (address === undefined || url === undefined) {
    return refuse(request, 'remoteHost');
  }
  const scheme = url.protocol.replace(':', '');
  // Cut, not put together again: every byte of it may be signed.
  const target = address.slice(url.origin.length);
  return new ProxiedDownloadResponse(
    'X-Accel-Redirect',
    `${storeUri(scheme, url.host)}?${target}`,
    { ...description.headers, ...ownHeaders(description) },
    { unconditional: true },
  );
}

function isElsewhere({ url, temporaryUrl }: DownloadFile): boolean {
  return temporaryUrl !== undefined || url?.startsWith('http') === true;
}

/** Said before the other server is asked to describe the file. */
function isOnUnlistedHost(
  { url, temporaryUrl }: DownloadFile,
  hosts: readonly string[],
): boolean {
  return (
    temporaryUrl === undefined &&
    url !== undefined &&
    addressOn(hosts, url) === undefined
  );
}

async function addressOf(file: DownloadFile): Promise<string | undefined> {
  return (await file.temporaryUrl?.({ expiresIn: EXPIRES_IN })) ?? file.url;
}
