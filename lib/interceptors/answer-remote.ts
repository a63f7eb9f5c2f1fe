import { RemoteFileError } from '../errors/download-errors.js';
import {
  type RemoteAnswer,
  type RemoteConditions,
} from '../files/download-file.js';
import { conditionsForOrigin } from '../files/remote-conditions.js';
import { contentRange } from '../http/range.js';
import { parseHttpDate } from '../http/preconditions.js';
import { type DownloadBackend } from '../responses/download-backend.js';
import { type DownloadResponse } from '../responses/download-response.js';
import { type Awaitable } from '../storages/file-stat.js';
import { type AnswerBody } from '../streaming/download-answer.js';
import { type ResponseHead } from '../streaming/response-head.js';
import { headOf, notModifiedHead } from './answer-head.js';
import { isNotModified, ownHook } from './conditions.js';
import { type Exchange } from './exchange.js';
import { remoteConditions } from './remote-conditions.js';
import { rangeNotSatisfiable } from './range-not-satisfiable.js';

const CSP = 'Content-Security-Policy';
const NO_DATE = new Date(NaN);

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
  exchange: Exchange,
  backend: DownloadBackend,
): Promise<{ head: ResponseHead; body?: AnswerBody }> {
  const { signal } = exchange;
  const answer = await ask({ ...conditionsOf(download, exchange), signal });
  let body: AnswerBody | undefined;
  try {
    const head = await decided(download, answer, exchange, backend);
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
  exchange: Exchange,
  backend: DownloadBackend,
): Promise<ResponseHead> {
  if (status === 304) return notModified(download, stat);
  const description = download.describeBy(stat);
  if (await isNotModified(download, description, exchange)) {
    return notModifiedHead(description);
  }
  if (status === 416) {
    throw rangeNotSatisfiable(exchange.response, stat.size);
  }
  const isGet = exchange.method === 'GET';
  const accepts = isGet ? stat.acceptsRanges : undefined;
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
  if (isTypeKnown || ownHeader(download, CSP) !== undefined) return head;
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
    headers: { ...headers, 'Content-Range': contentRange(range, size) },
    length: range.end - range.start + 1,
  };
}

/** Only GET has them. A tag and a date of the application's own mean nothing to the origin. */
function conditionsOf(
  download: DownloadResponse,
  { method, headers, response }: Exchange,
): RemoteConditions {
  if (method !== 'GET') return {};
  const own = (name: string): string | undefined =>
    ownHeader(download, name) ?? response.getHeader(name)?.toString();
  const date = own('Last-Modified');
  return conditionsForOrigin(
    remoteConditions(headers, ownHook(download) !== undefined),
    {
      etag: own('ETag'),
      lastModified:
        date === undefined ? undefined : (parseHttpDate(date) ?? NO_DATE),
    },
  );
}

function ownHeader(
  { presentation }: DownloadResponse,
  name: string,
): string | undefined {
  return Object.entries(presentation.headers ?? {}).find(
    ([given]) => given.toLowerCase() === name.toLowerCase(),
  )?.[1];
}
