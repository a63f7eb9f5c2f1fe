import { type Readable } from 'node:stream';

import { type DownloadDescription } from '../responses/describe.js';
import { type DownloadBackend } from '../responses/download-backend.js';
import { type DownloadResponse } from '../responses/download-response.js';
import { type ResponseHeaders } from '../responses/response-headers.js';
import { DownloadAnswer } from '../streaming/download-answer.js';
import { holdDownload } from '../streaming/held-download.js';
import { type ResponseHead } from '../streaming/response-head.js';
import { isNotModified, isUnchangedByHook } from './conditions.js';
import { type Exchange } from './exchange.js';

const KEPT_BY_304 = new Set([
  'cache-control',
  'content-location',
  'content-security-policy',
  'etag',
  'expires',
  'vary',
  'x-content-type-options',
]);

type Report = (message: string, error?: Error) => void;

/**
 * Decides a download: the server in front sends it, or the client has it already, or we send it.
 *
 * @throws FileNotFoundError, StorageUnavailableError, RemoteFileError by the file
 * @throws PreconditionFailedException (RFC 9110 15.5.13)
 * @internal
 */
export async function answerDownload(
  download: DownloadResponse,
  exchange: Exchange,
  backend: DownloadBackend,
  report: Report,
): Promise<DownloadAnswer> {
  exchange.onClose(() => download.file.discard?.());
  const answer =
    (await offloaded(download, exchange, backend, report)) ??
    (await streamed(download, exchange, backend, report));
  exchange.onClose(() => answer.getStream().destroy());
  return answer;
}

/** HEAD is answered by us: servers differ in what they make of it, and there is nothing to send. */
async function offloaded(
  download: DownloadResponse,
  exchange: Exchange,
  backend: DownloadBackend,
  report: Report,
): Promise<DownloadAnswer | undefined> {
  if (exchange.method === 'HEAD') return undefined;
  const proxied = await backend.proxy(download);
  if (!proxied) return undefined;
  if (await isUnchangedByHook(download, exchange)) {
    return notModified(await download.describe(), exchange, report);
  }
  const { status, headers } = proxied;
  return answerOf({ status, headers }, exchange, report);
}

async function streamed(
  download: DownloadResponse,
  exchange: Exchange,
  backend: DownloadBackend,
  report: Report,
): Promise<DownloadAnswer> {
  const forBody = exchange.method !== 'HEAD';
  const held = await holdDownload(download.file, forBody, exchange.signal);
  let body: Readable | undefined;
  try {
    const description = download.describeBy(held.stat);
    if (await isNotModified(download, description, exchange)) {
      return notModified(description, exchange, report);
    }
    if (forBody) body = await held.read({});
    const head = { status: 200, headers: fullHeaders(description, backend) };
    return answerOf(head, exchange, report, body, description.size);
  } finally {
    if (!body) await held.close();
  }
}

/** RFC 9110 15.4.5, and what keeps a copy in the client's cache from doing harm. */
function notModified(
  { headers }: DownloadDescription,
  exchange: Exchange,
  report: Report,
): DownloadAnswer {
  const kept = Object.entries(headers).filter(
    ([name]) =>
      KEPT_BY_304.has(name.toLowerCase()) ||
      (name === 'Last-Modified' && headers.ETag === undefined),
  );
  const head = { status: 304, headers: Object.fromEntries(kept) };
  return answerOf(head, exchange, report);
}

function answerOf(
  head: ResponseHead,
  { response, method }: Exchange,
  report: Report,
  body?: Readable,
  size?: number,
): DownloadAnswer {
  const isHead = method === 'HEAD';
  return new DownloadAnswer({ head, body, size, response, isHead, report });
}

function fullHeaders(
  { headers, size }: DownloadDescription,
  { streamHeaders }: DownloadBackend,
): ResponseHeaders {
  return size === undefined
    ? { ...headers, ...streamHeaders }
    : { ...headers, ...streamHeaders, 'Content-Length': String(size) };
}
