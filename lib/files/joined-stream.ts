import { Readable } from 'node:stream';

import { type Awaitable } from '../storages/file-stat.js';
import { generatedStream } from './generated-stream.js';

/**
 * Bytes, a stream of them, or what opens one.
 *
 * @internal
 */
export type StreamPiece = Uint8Array | Readable | (() => Awaitable<Readable>);

/**
 * One piece after the other as one stream. What is to be opened is opened when its turn comes; whatever is
 * open is closed when nobody reads on, also while it is waited for.
 *
 * @internal
 */
export function joinedStream(pieces: readonly StreamPiece[]): Readable {
  const open = pieces.filter((piece) => piece instanceof Readable);
  // Before its turn it may fail; who reads it then is told.
  for (const piece of open) piece.on('error', () => undefined);
  let isOver = false;
  async function* bytes(): AsyncGenerator<unknown, void> {
    for (const piece of pieces) {
      if (piece instanceof Uint8Array) {
        yield piece;
        continue;
      }
      const stream = piece instanceof Readable ? piece : await piece();
      open.push(stream);
      if (isOver) stream.destroy();
      yield* stream;
    }
  }
  return generatedStream(bytes(), () => {
    isOver = true;
    for (const stream of open) stream.destroy();
  });
}
