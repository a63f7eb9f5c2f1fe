import { HttpException, HttpStatus } from '@nestjs/common';

import { FileChangedError } from '../errors/file-changed.error.js';
import { unsatisfiedRange } from '../http/content-range.js';
import { type DownloadDescription } from '../responses/describe.js';
import { type DownloadBackend } from '../responses/download-backend.js';
import { type DownloadResponse } from '../responses/download-response.js';
import { type Awaitable } from '../storages/awaitable.js';
import { type BodyPlan, planBody } from '../streaming/body-plan.js';
import {
  type AnswerBody,
  DownloadAnswer,
} from '../streaming/download-answer.js';
import { type HeldDownload, holdDownload } from '../streaming/held-download.js';
import { type ResponseHead } from '../streaming/response-head.js';
import { headOf, notModifiedHead } from './answer-head.js';
import { isNotModified, isUnchangedByHook } from './conditions.js';
import { type Exchange } from './exchange.js';
import { statFor } from './stat-for.js';

const CONDITIONS = [
  'range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
];

/**
 * Decides a download: the server in front sends it, or the client has it already, or we send it.
 *
 * @throws FileNotFoundError, StorageUnavailableError, RemoteFileError by the file
 * @throws PreconditionFailedException (RFC 9110 15.5.13), HttpException 416 (15.5.17)
 * @internal
 */
export async function answerDownload(
  download: DownloadResponse,
  exchange: Exchange,
  backend: DownloadBackend,
): Promise<DownloadResponse> {
  const { file } = download;
  if (file.discard) exchange.onClose(() => file.discard?.());
  const given = [download, exchange, backend] as const;
  const answer =
    (await offloaded(...given)) ??
    (await streamed(...given).catch((error: unknown) => {
      // Another file has taken its place between the decision and the first byte.
      if (!(error instanceof FileChangedError)) throw error;
      return streamed(...given);
    }));
  exchange.onClose(() => answer.close());
  return download.answerBy(answer);
}

/**
 * HEAD is answered by us: servers differ in what they make of it, and there is nothing to send. Of other
 * methods than GET a server makes a GET, so their conditions and ranges must not reach it.
 */
async function offloaded(
  download: DownloadResponse,
  exchange: Exchange,
  backend: DownloadBackend,
): Promise<DownloadAnswer | undefined> {
  const { method, headers } = exchange;
  if (method === 'HEAD') return undefined;
  if (method !== 'GET' && CONDITIONS.some((name) => name in headers)) {
    return undefined;
  }
  const proxied = await backend.proxy(download);
  if (!proxied) return undefined;
  if (await isUnchangedByHook(download, exchange)) {
    return answerOf(notModifiedHead(await download.describe()), exchange);
  }
  return answerOf(proxied, exchange);
}

async function streamed(
  download: DownloadResponse,
  exchange: Exchange,
  backend: DownloadBackend,
): Promise<DownloadAnswer> {
  const { method } = exchange;
  const held = await holdDownload(download.file, wantsOf(exchange), exchange);
  let body: AnswerBody | undefined;
  try {
    const stat = await statFor(exchange, download, backend, held.stat);
    const description = download.describeBy(stat);
    if (await isNotModified(download, description, exchange)) {
      return answerOf(notModifiedHead(description), exchange);
    }
    const acceptsRanges = held.mostRanges > 0 && description.size !== undefined;
    const plan = planFor(exchange, held, description);
    const head = headOf(
      plan,
      description,
      backend,
      method === 'GET' || method === 'HEAD' ? acceptsRanges : undefined,
    );
    if (description.size !== undefined) forbidCompression(exchange);
    if (method !== 'HEAD') {
      body = { source: await sourceOf(plan, held), size: head.length };
    }
    return answerOf(head, exchange, body, backend);
  } finally {
    if (!body) await held.close();
  }
}

function wantsOf({ method, headers }: Exchange): 'facts' | 'whole' | 'ranges' {
  if (method === 'HEAD') return 'facts';
  return method === 'GET' && headers.range !== undefined ? 'ranges' : 'whole';
}

/** @throws HttpException 416 with Content-Range (RFC 9110 15.5.17) */
function planFor(
  { method, headers, response }: Exchange,
  held: HeldDownload,
  description: DownloadDescription,
): BodyPlan {
  if (method !== 'GET' || held.mostRanges === 0) return { kind: 'whole' };
  const plan = planBody(headers, description, held.mostRanges);
  if (plan.kind !== 'unsatisfiable') return plan;
  response.setHeader('Content-Range', unsatisfiedRange(description.size ?? 0));
  throw new HttpException(
    'Range Not Satisfiable',
    HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
  );
}

/** Where no-transform is not heeded: @fastify/compress looks at the request. */
function forbidCompression({ response }: Exchange): void {
  response.raw.req.headers['x-no-compression'] = '1';
}

function sourceOf(
  plan: BodyPlan,
  held: HeldDownload,
): Awaitable<AnswerBody['source']> {
  switch (plan.kind) {
    case 'range':
      return held.range(plan.range);
    case 'multipart':
      return held.multipart(plan.multipart);
    default:
      return held.whole();
  }
}

function answerOf(
  head: ResponseHead,
  { response, method, report }: Exchange,
  body?: AnswerBody,
  backend?: DownloadBackend,
): DownloadAnswer {
  return new DownloadAnswer({
    head,
    body,
    response,
    isHead: method === 'HEAD',
    idleTimeout: backend?.idleTimeout,
    report,
  });
}
