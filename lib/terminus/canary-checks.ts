import { type IncomingHttpHeaders } from 'node:http';
import { addAbortSignal, type Readable } from 'node:stream';

import { request } from 'undici';

import { quote } from '../errors/download-errors.js';
import { type DownloadExplanation } from '../responses/download-backend.js';
import { OFFLOAD_HEADERS } from '../responses/response-headers.js';
import { type DownloadStorage } from '../storages/download-storage.js';
import {
  type CheckedHealthOptions,
  down,
  type DownloadHealthPart,
  up,
} from './download-health.js';

/** A canary is small. Whatever else turns up in its place is not read to the end. */
const MOST_BYTES = 2 ** 20;

/**
 * @internal
 */
export class TooLarge extends Error {}

/**
 * What somebody answered who was asked for the canary file.
 *
 * @internal
 */
export interface CanaryAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Asks for the canary file. Redirects are not followed.
 *
 * @internal
 */
export async function askFor(
  url: string | URL,
  {
    headers,
    timeout,
  }: Pick<CheckedHealthOptions, 'timeout'> &
    Partial<Pick<CheckedHealthOptions, 'headers'>>,
): Promise<CanaryAnswer> {
  const signal = AbortSignal.timeout(timeout);
  const answer = await request(url, { headers, signal, reset: true });
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: await bytesOf(answer.body),
  };
}

/**
 * The canary file as the storage has it.
 *
 * @internal
 */
export async function readCanary(
  storage: DownloadStorage,
  { canary, timeout }: CheckedHealthOptions,
): Promise<Buffer> {
  const signal = AbortSignal.timeout(timeout);
  const opened = storage.open(canary, { signal }).then((stream) =>
    // A stream that comes too late is destroyed at once.
    addAbortSignal(signal, stream),
  );
  return bytesOf(await beforeEnd(signal, opened));
}

function beforeEnd<Value>(
  signal: AbortSignal,
  promise: Promise<Value>,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
    promise.then(resolve, reject);
  });
}

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MOST_BYTES) throw new TooLarge('more than 1 MiB');
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks);
}

/**
 * How the application names the canary file to the server in front.
 *
 * @internal
 */
export interface CanaryOffload {
  readonly header: string;
  readonly value: string;
}

/**
 * The offload headers of an answer.
 *
 * @internal
 */
export function offloadsOf({ headers }: CanaryAnswer): CanaryOffload[] {
  return OFFLOAD_HEADERS.flatMap((header) => {
    const value = headers[header.toLowerCase()];
    return value === undefined ? [] : [{ header, value: value.toString() }];
  });
}

/**
 * Where the application sends the client itself.
 *
 * @internal
 */
export function redirectOf({
  status,
  headers: { location },
}: CanaryAnswer): string | undefined {
  return status === 302 && URL.canParse(location ?? '') ? location : undefined;
}

/**
 * Whether the application answers as its backend wants it.
 *
 * @internal
 */
export function applicationPart(
  answer: CanaryAnswer,
  canary: Buffer,
  { backend, offloaded, offloadHeader, reason }: DownloadExplanation,
): DownloadHealthPart {
  const offloads = offloadsOf(answer);
  if (offloadHeader === 'Location' && redirectOf(answer)) return up;
  if (answer.status !== 200) {
    return down(`appUrl answers ${answer.status}. ${hintFor(answer.status)}`);
  }
  if (offloads.length > 0) {
    return offloads.length === 1 && answer.body.length === 0
      ? up
      : down(
          'appUrl has to answer with one offload header, and without a body.',
        );
  }
  if (offloaded) {
    return down(
      `appUrl answers without ${offloadHeader}, by which ${backend} would send the canary file. ` +
        'Does it lead to the application itself, and to a route with this backend and storage?',
    );
  }
  if (backend !== 'stream') {
    return down(
      `The application sends the canary file itself, ${backend} does not: ${quote(reason)}.`,
    );
  }
  return answer.body.equals(canary)
    ? up
    : down('appUrl answers with other bytes than the storage holds.');
}

/**
 * Whether the server in front sends the file.
 *
 * @internal
 */
export function serverPart(
  { status, body }: CanaryAnswer,
  canary: Buffer,
  offload: CanaryOffload | undefined,
): DownloadHealthPart {
  if (status !== 200) {
    const hint =
      offload && (status === 404 || status === 403)
        ? 'Has the configuration of the server the location of the rule, and the same directory there, and may the server read it?'
        : hintFor(status);
    return down(`publicUrl answers ${status}. ${hint}`);
  }
  if (body.equals(canary)) return up;
  return body.length === 0 && offload
    ? down(
        `publicUrl answers without a body: the server does not obey ${offload.header}. Is it switched on?`,
      )
    : down('publicUrl answers with other bytes than the storage holds.');
}

/**
 * Whether what is between application and server stays between them.
 *
 * @param answer to a client
 * @param inner answers of places that no client should get the file from
 * @internal
 */
export function outsidePart(
  answer: CanaryAnswer,
  inner: readonly CanaryAnswer[],
  canary: Buffer,
): DownloadHealthPart {
  const [visible] = offloadsOf(answer);
  if (visible) {
    return down(
      `Clients get to see ${visible.header}. Have the server obey it, or take it away.`,
    );
  }
  const isOpen = inner.some(
    ({ status, body }) => status === 200 && body.equals(canary),
  );
  return isOpen
    ? down(
        'Clients get the file from the internal location, whoever they are. Make it internal.',
      )
    : up;
}

function hintFor(status: number): string {
  if (status === 401 || status === 403) {
    return 'Let the route of the canary file be asked without login, or give `headers`.';
  }
  if (status === 404) return 'Does it lead to the canary file?';
  return status >= 500
    ? 'Does the application run, and can the server reach it?'
    : 'Give the address that answers with the file itself.';
}
