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
  return content instanceof Readable ? content : copiesOf(content);
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

/**
 * Lets go of a content that nobody is going to read: a stream holds its source open.
 *
 * @internal
 */
export function letGo(content: StorageContent): void {
  if (content instanceof Readable) content.destroy();
}
