const BLOCK = 64 * 1024;
// Larger pieces go on as they are: to copy them would cost more than to send one piece more.
const SMALL = 16 * 1024;

/**
 * Small pieces put together, so that thousands of headers and little files are not as many writes.
 *
 * @internal
 */
export async function* inBlocks(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    if (piece.length < SMALL && length + piece.length <= BLOCK) {
      waiting.push(piece);
      length += piece.length;
      continue;
    }
    if (length > 0) yield Buffer.concat(waiting, length);
    const isSmall = piece.length < SMALL;
    waiting = isSmall ? [piece] : [];
    length = isSmall ? piece.length : 0;
    if (!isSmall) yield piece;
  }
  if (length > 0) yield Buffer.concat(waiting, length);
}
