import { Readable } from 'node:stream';

import { type StorageContent } from './download-storage.js';

/** No piece that is handed on is larger. */
const PIECE = 2 ** 20;

/**
 * The bytes of a content, where they are no more than this; else its pieces, one after the other. Pieces are
 * copies: whoever made one may write the next over it.
 *
 * @internal
 */
export async function bytesOrPieces(
  content: StorageContent,
  most: number,
): Promise<Buffer | AsyncIterable<Buffer>> {
  const pieces = piecesOf(content);
  const begun: Buffer[] = [];
  let length = 0;
  while (length <= most) {
    const { value, done } = await pieces.next();
    if (done) return Buffer.concat(begun, length);
    begun.push(value);
    length += value.length;
  }
  return following(begun, pieces);
}

async function* following(
  begun: Buffer[],
  pieces: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, undefined> {
  // Taken out one by one, so that none is kept longer than it is needed.
  for (let piece = begun.shift(); piece; piece = begun.shift()) yield piece;
  yield* pieces;
}

async function* piecesOf(
  content: StorageContent,
): AsyncGenerator<Buffer, undefined> {
  for await (const chunk of chunksOf(content)) {
    for (let start = 0; start < chunk.length; start += PIECE) {
      yield Buffer.from(chunk.subarray(start, start + PIECE));
    }
  }
}

/**
 * The chunks of a content for somebody who keeps several of them at once: whoever made one may write the next over
 * it. A stream has done with those that it has given.
 *
 * @internal
 */
export function chunksToKeep(
  content: Exclude<StorageContent, string | Uint8Array>,
): AsyncIterable<Uint8Array> {
  return content instanceof Readable || content instanceof WatchedContent
    ? content
    : copiesOf(content);
}

async function* copiesOf(
  content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, undefined> {
  for await (const chunk of content) yield Buffer.from(chunk);
}

function chunksOf(
  content: StorageContent,
): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (typeof content === 'string') return [Buffer.from(content)];
  return content instanceof Uint8Array ? [content] : content;
}

/** Nobody is going to read it any more: a stream holds its source open. */
function letGo(content: StorageContent): void {
  if (content instanceof Readable) content.destroy();
}

/**
 * Saves a content. What it fails with itself (a client that breaks off, an upload above its limit) goes out as it
 * is: the storage is none the worse.
 *
 * @param save gets the content, or what takes its place
 * @param failureOf makes an error of what the storage fails with
 * @internal
 */
export async function savingContent<T>(
  content: StorageContent,
  save: (content: StorageContent) => Promise<T>,
  failureOf: (error: unknown) => Error,
): Promise<T> {
  const isWhole = typeof content === 'string' || content instanceof Uint8Array;
  const watched = isWhole ? undefined : new WatchedContent(content);
  try {
    return await save(watched ?? content);
  } catch (error) {
    throw watched?.hasFailed ? watched.failure : failureOf(error);
  } finally {
    letGo(content);
  }
}

/** The chunks of a content, to keep. */
class WatchedContent implements AsyncIterable<Uint8Array> {
  hasFailed = false;
  failure: unknown;

  constructor(
    private readonly content: Exclude<StorageContent, string | Uint8Array>,
  ) {
    // It may fail before anybody reads it; who reads it then is told.
    if (content instanceof Readable) content.on('error', () => undefined);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    // What is thrown at a chunk that was given comes from whoever has it.
    let isGiven = false;
    try {
      for await (const chunk of chunksToKeep(this.content)) {
        isGiven = true;
        yield chunk;
        isGiven = false;
      }
    } catch (error) {
      this.hasFailed = !isGiven;
      this.failure = error;
      throw error;
    }
  }
}
