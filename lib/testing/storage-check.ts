import { strict as assert } from 'node:assert';
import { type Readable } from 'node:stream';

import { type DownloadStorage } from '../storages/download-storage.js';

/**
 * Rejects with an AssertionError where a storage breaks a rule.
 *
 * @internal
 */
export type StorageCheck = (storage: DownloadStorage) => Promise<void>;

/**
 * What is saved: digits, which count as bytes, and characters, which do not.
 *
 * @internal
 */
export const CONTENT = Buffer.from('0123456789 é 日本\n');

/**
 * @internal
 */
export async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * @internal
 */
export async function textOf(
  storage: DownloadStorage,
  key: string,
): Promise<string> {
  return (await bytesOf(await storage.open(key))).toString();
}

/**
 * Requires that a call is refused by an error of this class, be it thrown or rejected.
 *
 * @internal
 */
export async function rejects(
  call: () => unknown,
  Expected: abstract new (...parameters: never[]) => Error,
): Promise<void> {
  await assert.rejects(Promise.resolve().then(call), Expected as typeof Error);
}
