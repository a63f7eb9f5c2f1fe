import { type IncomingHttpHeaders } from 'node:http';

import { parseHttpDate, modifiedSince } from '../http/preconditions.js';
import { type DownloadDescription } from '../responses/describe.js';
import {
  type DownloadBackend,
  type ProxiableRequest,
  REFUSALS,
  refuse,
} from '../responses/download-backend.js';
import { type DownloadResponse } from '../responses/download-response.js';
import { type ProxiedDownloadResponse } from '../responses/proxied-download-response.js';
import { type ResponseHeaders } from '../responses/response-headers.js';
import { planBody } from '../streaming/body-plan.js';
import { isNotModified, isUnchangedByHook } from './conditions.js';

// Counted before they are merged, as where the application sends the file.
const MOST_ASKED = 50;

/**
 * Whether the server in front is to send the file, or the application, or the client has it already.
 *
 * @internal
 */
export type OffloadDecision =
  | { readonly kind: 'offload' }
  | { readonly kind: 'stream'; readonly reason: string }
  | {
      readonly kind: 'not-modified';
      readonly description: DownloadDescription;
    };

/**
 * Answers the conditions of a request for a file that the server in front could send. A request that this
 * server would answer otherwise than the application is the application's.
 *
 * @throws PreconditionFailedException (RFC 9110 15.5.13)
 * @internal
 */
export async function decideOffload(
  proxied: ProxiedDownloadResponse,
  download: DownloadResponse,
  request: ProxiableRequest,
  { conditions, mostRanges }: DownloadBackend,
): Promise<OffloadDecision> {
  const known = await download.describe();
  if (proxied.unconditional) {
    const told =
      'ETag' in proxied.headers ? asTold(known, proxied.headers) : known;
    return (await isNotModified(download, told, request))
      ? { kind: 'not-modified', description: told }
      : { kind: 'offload' };
  }
  if (conditions !== 'application') {
    if (await isUnchangedByHook(download, request)) {
      return { kind: 'not-modified', description: known };
    }
    // If-Range is about the tag of the server.
    const { range } = request.headers;
    return offloadIf(isRangeOfServer({ range }, known, mostRanges));
  }
  const description = asTold(known, proxied.headers);
  if (await isNotModified(download, description, request)) {
    return { kind: 'not-modified', description };
  }
  if (!agreesByDate(description, request)) {
    return { kind: 'stream', reason: REFUSALS.dates };
  }
  return offloadIf(isRangeOfServer(request.headers, description, mostRanges));
}

function offloadIf(isRangeOfServer: boolean): OffloadDecision {
  return isRangeOfServer
    ? { kind: 'offload' }
    : { kind: 'stream', reason: REFUSALS.ranges };
}

/** With the tag and the date that the server, and so the client, is told. */
function asTold(
  description: DownloadDescription,
  headers: ResponseHeaders,
): DownloadDescription {
  return {
    ...description,
    headers,
    etag: headers.ETag,
    lastModified: parseHttpDate(headers['Last-Modified']),
  };
}

/**
 * A server does not know that the application itself says that the file has changed: by its date it would
 * answer 304. And Apache looks at If-Unmodified-Since also where If-Match comes before it.
 */
function agreesByDate(
  { lastModified }: DownloadDescription,
  { headers }: ProxiableRequest,
): boolean {
  const isModified = (header: string | undefined): boolean | undefined => {
    const since = parseHttpDate(header);
    return since && modifiedSince(lastModified, since);
  };
  const hasTags = headers['if-none-match'] !== undefined;
  return (
    isModified(headers['if-unmodified-since']) !== true &&
    (hasTags || isModified(headers['if-modified-since']) !== false)
  );
}

/** Servers differ in what they make of ranges that are malformed, too many, or beyond the end. */
function isRangeOfServer(
  headers: IncomingHttpHeaders,
  description: DownloadDescription,
  mostRanges: number | undefined,
): boolean {
  if (headers.range === undefined || mostRanges === undefined) return true;
  const plan = planBody(headers, description, MOST_ASKED);
  if (plan.kind === 'multipart') {
    return plan.multipart.parts.length <= mostRanges;
  }
  return plan.kind === 'range';
}

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

/**
 * The backend for a download that is counted. The application sends it: what a server in front has sent of it
 * is not told, so of a client that lost its connection nothing could be given back.
 *
 * @internal
 */
export function countedBackend({
  name,
  streamHeaders,
  idleTimeout,
}: DownloadBackend): DownloadBackend {
  return {
    name,
    streamHeaders,
    idleTimeout,
    proxy: (_response, request) => refuse(request, 'counted'),
  };
}
