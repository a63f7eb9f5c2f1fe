import {
  HttpException,
  HttpStatus,
  PreconditionFailedException,
} from '@nestjs/common';

import {
  parseHttpDate,
  evaluatePreconditions,
  modifiedSince,
} from '../http/preconditions.js';
import { FrozenMemo } from '../http/memoized.js';
import {
  contentRange,
  type MultipartPlan,
  unsatisfiedRange,
} from '../http/range.js';
import { wantedReprDigest } from '../http/repr-digest.js';
import { type DownloadDescription } from '../responses/describe.js';
import { joinHeaders } from '../responses/response-headers.js';
import {
  type DownloadBackend,
  type ProxiableRequest,
} from '../responses/download-backend.js';
import { type DownloadResponse } from '../responses/download-response.js';
import { type Presentation } from '../responses/presentation.js';
import { type ResponseHeaders } from '../responses/response-headers.js';
import { andThen, type Awaitable } from '../storages/awaitable.js';
import { type SatisfiablePlan } from '../streaming/body-plan.js';
import { type OpenedDownload } from '../streaming/opened-download.js';
import { type DownloadContext } from './download-context.js';
import {
  type PlatformResponse,
  type ResponseHead,
} from '../streaming/response-head.js';

const PRECONDITIONS = [
  'if-none-match',
  'if-modified-since',
  'if-match',
  'if-unmodified-since',
] as const;

/**
 * Whether conditions hold for an answer with this status: where it would be neither 2xx nor 412 without them, they
 * are nobody's business (RFC 9110 13.2.1).
 *
 * @internal
 */
export function isJudgedAt(status: number): boolean {
  return (status >= 200 && status < 300) || status === 412;
}

/**
 * Whether the client has this file already (RFC 9110 13.2.2).
 *
 * @throws PreconditionFailedException (RFC 9110 15.5.13)
 * @internal
 */
export function isNotModified(
  download: DownloadResponse,
  description: DownloadDescription,
  request: ProxiableRequest,
): Awaitable<boolean> {
  return isConditional(request) && evaluated(download, description, request);
}

function evaluated(
  download: DownloadResponse,
  description: DownloadDescription,
  request: ProxiableRequest,
): Awaitable<boolean> {
  const outcome = evaluatePreconditions(request.headers, description);
  if (outcome === 'precondition-failed') {
    throw new PreconditionFailedException();
  }
  if (typeof outcome === 'string') return outcome === 'not-modified';
  const since = outcome.ifModifiedSince;
  const hook = ownHook(download);
  return andThen(
    hook ? hook(since) : modifiedSince(description.lastModified, since),
    (isModified) => !isModified,
  );
}

/**
 * Whether the application itself says that the client has this file already. A server in front cannot
 * know that, so it is asked before the file is left to the server.
 *
 * @internal
 */
export function isUnchangedByHook(
  download: DownloadResponse,
  request: ProxiableRequest,
): Awaitable<boolean> {
  const hook = ownHook(download);
  if (!hook || !isConditional(request)) return false;
  const { 'if-none-match': tags, 'if-modified-since': date } = request.headers;
  const since = tags === undefined ? parseHttpDate(date) : undefined;
  return (
    since !== undefined && andThen(hook(since), (isModified) => !isModified)
  );
}

/**
 * What the controller overrides, else what the wrapper knows better than a date.
 *
 * @internal
 */
export function ownHook({
  file,
  presentation,
}: DownloadResponse): ((since: Date) => Awaitable<boolean>) | undefined {
  const { wasModifiedSince } = presentation;
  if (wasModifiedSince) return (since) => wasModifiedSince(file, since);
  return file.wasModifiedSince?.bind(file);
}

function isConditional({ method, headers }: ProxiableRequest): boolean {
  return (
    (method === 'GET' || method === 'HEAD') &&
    PRECONDITIONS.some((name) => headers[name] !== undefined)
  );
}

const KEPT_BY_304 = new Set([
  'access-control-expose-headers',
  'cache-control',
  'content-location',
  'content-security-policy',
  'etag',
  'expires',
  'vary',
  'x-content-type-options',
]);

/**
 * Status and headers of an answer that the application sends itself (RFC 9110 15.3.1, 15.3.7).
 *
 * @param acceptsRanges undefined where the method knows no ranges
 * @internal
 */
export function headOf(
  plan: SatisfiablePlan,
  description: DownloadDescription,
  { streamHeaders }: DownloadBackend,
  acceptsRanges: boolean | undefined,
): ResponseHead {
  const whole = headOfWhole(description, streamHeaders, acceptsRanges);
  if (plan.kind === 'whole') return whole;
  if (plan.kind === 'multipart') return headOfParts(plan.multipart, whole);
  const { start, end } = plan.range;
  return {
    status: 206,
    headers: whole.headers,
    length: end - start + 1,
    contentRange: contentRange(plan.range, description.size ?? 0),
  };
}

function headOfWhole(
  description: DownloadDescription,
  streamHeaders: ResponseHeaders | undefined,
  acceptsRanges: boolean | undefined,
): ResponseHead {
  const last = wholeHeads.get(description);
  const isSame =
    last?.streamHeaders === streamHeaders &&
    last?.acceptsRanges === acceptsRanges;
  if (last && isSame) return last.head;
  const head = {
    status: 200,
    headers: Object.freeze(
      fullHeaders(description, streamHeaders, acceptsRanges),
    ),
    length: description.size,
  };
  wholeHeads.set(description, { head, streamHeaders, acceptsRanges });
  return head;
}

const wholeHeads = new FrozenMemo<
  DownloadDescription,
  {
    readonly head: ResponseHead;
    readonly streamHeaders: ResponseHeaders | undefined;
    readonly acceptsRanges: boolean | undefined;
  }
>();

function fullHeaders(
  { headers }: DownloadDescription,
  streamHeaders: ResponseHeaders | undefined,
  acceptsRanges: boolean | undefined,
): Record<string, string> {
  const all = joinHeaders(headers, streamHeaders);
  if (acceptsRanges !== undefined) {
    all['Accept-Ranges'] = acceptsRanges ? 'bytes' : 'none';
  }
  return all;
}

function headOfParts(
  { contentType, length }: MultipartPlan,
  whole: ResponseHead,
): ResponseHead {
  // Who gave the file a type, in whatever spelling, meant the parts: they have it.
  const others = Object.entries(whole.headers).filter(
    ([name]) => !isType(name),
  );
  return {
    status: 206,
    headers: { ...Object.fromEntries(others), 'Content-Type': contentType },
    length,
    without: ['Content-Type'],
  };
}

/**
 * Whether the server in front would cut ranges out of the whole file, which is what the client is to have.
 *
 * @internal
 */
export function isCutBy(
  { rangesStreams = false }: DownloadBackend,
  { method, headers }: DownloadContext,
): boolean {
  return rangesStreams && method === 'GET' && headers.range !== undefined;
}

/**
 * Whether the answer says that it has ranges; undefined where it says nothing of them. What an origin of its own does
 * not say, nobody else does.
 *
 * @internal
 */
export function announcedRanges(
  { method, status }: DownloadContext,
  { stat, isRemote, mostRanges }: OpenedDownload,
  { size }: DownloadDescription,
  { acceptRanges }: Presentation,
): boolean | undefined {
  if (status !== 200) return undefined;
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  if (acceptRanges === false) return false;
  return isRemote ? stat.acceptsRanges : mostRanges > 0 && size !== undefined;
}

function isType(name: string): boolean {
  return name.toLowerCase() === 'content-type';
}

/**
 * Status and headers for a client that has the file already (RFC 9110 15.4.5): what a 200 would have
 * for caches, and what keeps a copy in the client's cache from doing harm.
 *
 * @internal
 */
export function notModifiedHead(
  description: DownloadDescription,
): ResponseHead {
  const last = notModifiedHeads.get(description);
  if (last) return last;
  const head = { status: 304, headers: Object.freeze(keptBy304(description)) };
  notModifiedHeads.set(description, head);
  return head;
}

const notModifiedHeads = new FrozenMemo<DownloadDescription, ResponseHead>();

function keptBy304({ headers }: DownloadDescription): ResponseHeaders {
  const kept: Record<string, string> = {};
  for (const name in headers) {
    const isKept =
      KEPT_BY_304.has(name.toLowerCase()) ||
      (name === 'Last-Modified' && headers.ETag === undefined);
    if (isKept) kept[name] = headers[name] ?? '';
  }
  return kept;
}

/**
 * The exception for a range that a file does not have, with Content-Range set on its answer (RFC 9110
 * 15.5.17).
 *
 * @param size of the file; undefined where it is not known
 * @internal
 */
export function rangeNotSatisfiable(
  response: PlatformResponse,
  size: number | undefined,
): HttpException {
  if (size !== undefined) {
    response.setHeader('Content-Range', unsatisfiedRange(size));
  }
  return new HttpException(
    'Range Not Satisfiable',
    HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
  );
}

/**
 * With a status of the application's own. Outside 2xx it is another thing than the file that goes out, so it has
 * neither the file's tag nor its date.
 *
 * @internal
 */
export function withStatus(head: ResponseHead, status: number): ResponseHead {
  if (status === 200) return head;
  if (isJudgedAt(status)) return { ...head, status };
  const headers = Object.entries(head.headers).filter(
    ([name]) => !OF_A_VERSION.includes(name),
  );
  return {
    ...head,
    status,
    headers: Object.fromEntries(headers),
    without: OF_A_VERSION,
  };
}

const OF_A_VERSION = ['ETag', 'Last-Modified', 'Accept-Ranges', 'Repr-Digest'];

/** @internal */
export function withHeaders(
  head: ResponseHead,
  further: ResponseHeaders,
): ResponseHead {
  return { ...head, headers: joinHeaders(head.headers, further) };
}

/**
 * With the digest in the algorithm that the client prefers (RFC 9530 4).
 *
 * @internal
 */
export function withWantedDigest(
  head: ResponseHead,
  wanted: string | readonly string[] | undefined,
): ResponseHead {
  if (wanted === undefined || !('Repr-Digest' in head.headers)) return head;
  const { 'Repr-Digest': digest, ...headers } = head.headers;
  const chosen = wantedReprDigest(digest, [wanted].flat().join(', '));
  return {
    ...head,
    headers: {
      ...headers,
      ...(chosen !== undefined && { 'Repr-Digest': chosen }),
    },
  };
}
