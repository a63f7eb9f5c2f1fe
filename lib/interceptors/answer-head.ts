import { HttpException, HttpStatus } from '@nestjs/common';

import { contentRange, unsatisfiedRange } from '../http/range.js';
import { wantedReprDigest } from '../http/repr-digest.js';
import { type DownloadDescription } from '../responses/describe.js';
import { type DownloadBackend } from '../responses/download-backend.js';
import { type ResponseHeaders } from '../responses/response-headers.js';
import { isJudgedAt } from './conditions.js';
import { type BodyPlan } from '../streaming/body-plan.js';
import {
  type PlatformResponse,
  type ResponseHead,
} from '../streaming/response-head.js';

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
  plan: BodyPlan,
  { headers, size }: DownloadDescription,
  { streamHeaders }: DownloadBackend,
  acceptsRanges: boolean | undefined,
): ResponseHead {
  const all: Record<string, string> = { ...headers, ...streamHeaders };
  if (acceptsRanges !== undefined) {
    all['Accept-Ranges'] = acceptsRanges ? 'bytes' : 'none';
  }
  if (plan.kind === 'range') {
    const { start, end } = plan.range;
    all['Content-Range'] = contentRange(plan.range, size ?? 0);
    return { status: 206, headers: all, length: end - start + 1 };
  }
  if (plan.kind === 'multipart') {
    const { contentType, length } = plan.multipart;
    // Who gave the file a type, in whatever spelling, meant the parts: they have it.
    const others = Object.entries(all).filter(([name]) => !isType(name));
    return {
      status: 206,
      headers: { ...Object.fromEntries(others), 'Content-Type': contentType },
      length,
      without: ['Content-Type'],
    };
  }
  return { status: 200, headers: all, length: size };
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
export function notModifiedHead({
  headers,
}: DownloadDescription): ResponseHead {
  const kept = Object.entries(headers).filter(
    ([name]) =>
      KEPT_BY_304.has(name.toLowerCase()) ||
      (name === 'Last-Modified' && headers.ETag === undefined),
  );
  return { status: 304, headers: Object.fromEntries(kept) };
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
  return { ...head, headers: { ...head.headers, ...further } };
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
  const { 'Repr-Digest': digest, ...headers } = head.headers;
  if (wanted === undefined || digest === undefined) return head;
  const chosen = wantedReprDigest(digest, [wanted].flat().join(', '));
  return {
    ...head,
    headers: {
      ...headers,
      ...(chosen !== undefined && { 'Repr-Digest': chosen }),
    },
  };
}
