import { type IncomingHttpHeaders } from 'node:http';
import { addAbortSignal, type Readable } from 'node:stream';

import { request } from 'undici';

import { type DownloadStorage } from '../storages/download-storage.js';
import { type CheckedHealthOptions } from './download-health-options.js';

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
