import { type DownloadDescription } from '../responses/describe.js';
import {
  type DownloadBackend,
  type ProxiableRequest,
  REFUSALS,
} from '../responses/download-backend.js';
import { type DownloadResponse } from '../responses/download-response.js';
import { type ProxiedDownloadResponse } from '../responses/proxied-download-response.js';
import { decideOffload } from './offload-conditions.js';

const CONDITIONS = [
  'range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
];

/**
 * Who answers a download: the server in front, or the application, or nobody sends anything.
 *
 * @internal
 */
export type OffloadOutcome =
  | { readonly kind: 'offload'; readonly proxied: ProxiedDownloadResponse }
  | {
      readonly kind: 'not-modified';
      readonly description: DownloadDescription;
    }
  | { readonly kind: 'stream' };

/**
 * Asks the backend. HEAD is answered by us: servers differ in what they make of it, and there is nothing to
 * send. Of other methods than GET a server makes a GET, so their conditions and ranges must not reach it.
 *
 * @throws FileNotFoundError, StorageUnavailableError, RemoteFileError by the file
 * @throws PreconditionFailedException (RFC 9110 15.5.13)
 * @internal
 */
export async function offloadOutcome(
  download: DownloadResponse,
  request: ProxiableRequest,
  backend: DownloadBackend,
): Promise<OffloadOutcome> {
  const { method, headers, note } = request;
  if (method === 'HEAD') return ourselves(note, REFUSALS.head);
  if (method !== 'GET' && CONDITIONS.some((name) => name in headers)) {
    return ourselves(note, REFUSALS.notGet);
  }
  const proxied = await backend.proxy(download, request);
  if (!proxied) return { kind: 'stream' };
  const decision = await decideOffload(proxied, download, request, backend);
  if (decision.kind === 'offload') return { kind: 'offload', proxied };
  if (decision.kind === 'stream') return ourselves(note, decision.reason);
  note?.({ reason: REFUSALS.notModified });
  return decision;
}

function ourselves(
  note: ProxiableRequest['note'],
  reason: string,
): OffloadOutcome {
  note?.({ reason });
  return { kind: 'stream' };
}
