import { type IncomingHttpHeaders } from 'node:http';

import { RemoteFileError } from '../errors/download-errors.js';
import {
  formatEntityTag,
  parseEntityTag,
  parseEntityTags,
  formatHttpDate,
  parseHttpDate,
} from '../http/preconditions.js';
import { parseRangeSet, type RangeSpec, contentRange } from '../http/range.js';
import { type DownloadBackend } from '../responses/download-backend.js';
import { type DownloadResponse } from '../responses/download-response.js';
import { givenHeader } from '../responses/response-headers.js';
import { type Awaitable } from '../storages/awaitable.js';
import {
  type RemoteAnswer,
  type RemoteConditions,
} from '../storages/remote-answer.js';
import { type AnswerBody } from '../streaming/download-answer.js';
import { type ResponseHead } from '../streaming/response-head.js';
import {
  headOf,
  isNotModified,
  notModifiedHead,
  ownHook,
  rangeNotSatisfiable,
} from './answer-head.js';
import { type DownloadContext } from './download-context.js';

/**
 * What of a GET goes up to the origin of its file, written anew: one range, and what the client knows of
 * the file. Several ranges are not asked for, so that the whole comes back. If-Match and If-Unmodified-Since
 * are judged by the answer; where the client sends them, so is all that comes after them in the order of
 * RFC 9110 section 13.2.2 but the range.
 *
 * @param judgesDates whether the application itself says what has changed since a date
 * @internal
 */
export function remoteConditions(
  headers: IncomingHttpHeaders,
  judgesDates: boolean,
  now: Date = new Date(),
): RemoteConditions {
  const conditions = rangeOf(headers, now);
  if (
    headers['if-match'] !== undefined ||
    parseHttpDate(headers['if-unmodified-since'])
  ) {
    return conditions;
  }
  const tags = headers['if-none-match'];
  if (tags !== undefined) {
    return { ...conditions, ifNoneMatch: formattedTags(tags) };
  }
  const since = judgesDates
    ? undefined
    : parseHttpDate(headers['if-modified-since'], now);
  return { ...conditions, ifModifiedSince: since && formatHttpDate(since) };
}

/** Without an If-Range that could hold, the range is not wanted (RFC 9110 13.1.5). */
function rangeOf(headers: IncomingHttpHeaders, now: Date): RemoteConditions {
  const [spec] = parseRangeSet(headers.range ?? '', 1) ?? [];
  if (!spec) return {};
  const range = formattedRange(spec);
  const given = headers['if-range']?.toString();
  if (given === undefined) return { range };
  const ifRange = strongTag(given) ?? pastDate(given, now);
  return ifRange === undefined ? {} : { range, ifRange };
}

/** No file has so many bytes, and a larger number has no digits of its own. */
function formattedRange(spec: RangeSpec): string {
  const digits = (value: number): number =>
    Math.min(value, Number.MAX_SAFE_INTEGER);
  if ('suffix' in spec) return `bytes=-${digits(spec.suffix)}`;
  const last = spec.last === Infinity ? '' : digits(spec.last);
  return `bytes=${digits(spec.first)}-${last}`;
}

function strongTag(value: string): string | undefined {
  const tag = parseEntityTag(value);
  return tag && !tag.weak ? formatEntityTag(tag) : undefined;
}

/** While its second lasts, the file may change once more and keep the date. */
function pastDate(value: string, now: Date): string | undefined {
  const date = parseHttpDate(value, now);
  return date && date.getTime() + 1000 <= now.getTime()
    ? formatHttpDate(date)
    : undefined;
}

function formattedTags(header: string): string | undefined {
  const tags = parseEntityTags(header);
  if (tags === '*') return tags;
  return tags.length > 0 ? tags.map(formatEntityTag).join(', ') : undefined;
}

/**
 * Whether the origin of a file answers this request as RFC 9110 has it. One that is bound to versions is asked
 * for nothing else: not for what it would judge by another tag or date than the client is told, nor for what
 * several of its answers are needed for.
 *
 * @internal
 */
export function isForOrigin(
  download: DownloadResponse,
  {
    method,
    headers,
    status,
  }: Pick<DownloadContext, 'method' | 'headers' | 'status'>,
): boolean {
  if (method === 'HEAD' || status !== 200) return false;
  // It would send what the client asks for.
  if (download.presentation.acceptRanges === false) return false;
  if (!download.file.hasVersions || method !== 'GET') return true;
  return (
    headers['if-match'] === undefined &&
    headers['if-unmodified-since'] === undefined &&
    !headers.range?.includes(',') &&
    ownHook(download) === undefined
  );
}

const CSP = 'Content-Security-Policy';

/**
 * The answer for a file whose origin answers ranges and conditions itself. It is asked once; what it does
 * not judge, or not as RFC 9110 has it, is judged by what it says of the file.
 *
 * @throws FileNotFoundError, RemoteFileError by the file
 * @throws PreconditionFailedException (RFC 9110 15.5.13), HttpException 416 (15.5.17)
 * @internal
 */
export async function remoteAnswer(
  download: DownloadResponse,
  ask: (conditions: RemoteConditions) => Awaitable<RemoteAnswer>,
  context: DownloadContext,
  backend: DownloadBackend,
): Promise<{ head: ResponseHead; body?: AnswerBody }> {
  const { signal } = context;
  const answer = await ask({ ...conditionsOf(download, context), signal });
  let body: AnswerBody | undefined;
  try {
    const head = await decided(download, answer, context, backend);
    if (head.status === 200 || head.status === 206) {
      body = { source: answer.stream, size: head.length };
    }
    return { head, body };
  } finally {
    if (!body) answer.stream.destroy();
  }
}

async function decided(
  download: DownloadResponse,
  { status, stat, range }: RemoteAnswer,
  context: DownloadContext,
  backend: DownloadBackend,
): Promise<ResponseHead> {
  if (status === 304) return notModified(download, stat);
  const description = download.describeBy(stat);
  if (await isNotModified(download, description, context)) {
    return notModifiedHead(description);
  }
  if (status === 416) {
    throw rangeNotSatisfiable(context.response, stat.size);
  }
  const isGet = context.method === 'GET';
  const accepts = isGet
    ? (stat.acceptsRanges ?? download.file.hasVersions)
    : undefined;
  const whole = headOf({ kind: 'whole' }, description, backend, accepts);
  if (status === 200) return whole;
  if (status === 206 && range && isGet)
    return partHead(whole, range, stat.size);
  throw new RemoteFileError('refused', `The origin answered ${status}`);
}

/**
 * Most origins leave out of a 304 what they have sent before. What is not known shall not take the place of
 * what the client has kept, neither the policy for another type nor a permission to transform.
 */
function notModified(
  download: DownloadResponse,
  stat: RemoteAnswer['stat'],
): ResponseHead {
  const head = notModifiedHead(
    download.describeBy({ ...stat, size: stat.size ?? 0 }),
  );
  const isTypeKnown =
    (download.presentation.contentType ?? stat.contentType) !== undefined;
  if (
    isTypeKnown ||
    givenHeader(download.presentation.headers, CSP) !== undefined
  )
    return head;
  const headers = Object.entries(head.headers).filter(([name]) => name !== CSP);
  return { ...head, headers: Object.fromEntries(headers), without: [CSP] };
}

function partHead(
  { headers }: ResponseHead,
  range: NonNullable<RemoteAnswer['range']>,
  size: number | undefined,
): ResponseHead {
  return {
    status: 206,
    headers,
    contentRange: contentRange(range, size),
    length: range.end - range.start + 1,
  };
}

/** Only GET has them. */
function conditionsOf(
  download: DownloadResponse,
  { method, headers }: DownloadContext,
): RemoteConditions {
  return method === 'GET'
    ? remoteConditions(headers, ownHook(download) !== undefined)
    : {};
}
