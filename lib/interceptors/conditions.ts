import { PreconditionFailedException } from '@nestjs/common';

import {
  parseHttpDate,
  evaluatePreconditions,
  modifiedSince,
} from '../http/preconditions.js';
import { type DownloadDescription } from '../responses/describe.js';
import { type ProxiableRequest } from '../responses/download-backend.js';
import { type DownloadResponse } from '../responses/download-response.js';
import { andThen, type Awaitable } from '../storages/awaitable.js';

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
