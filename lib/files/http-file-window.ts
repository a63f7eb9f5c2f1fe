import { Readable } from 'node:stream';

import { generatedStream } from './generated-stream.js';

/**
 * Whether a server sent something of another file than it was asked for. Not every one knows If-Match
 * (RFC 9110 13.1.1), but most name what they send.
 *
 * @internal
 */
export function isAnother(
  etag: string | undefined,
  ifMatch: string | undefined,
): boolean {
  return etag !== undefined && ifMatch !== undefined && etag !== ifMatch;
}

/**
 * A window of a stream that gives everything.
 *
 * @param end inclusive
 * @internal
 */
export function windowOf(
  source: Readable,
  start: number,
  end = Infinity,
): Readable {
  async function* bytes(): AsyncGenerator<Uint8Array, void> {
    let position = 0;
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      const from = Math.max(start - position, 0);
      const to = end + 1 - position;
      position += chunk.length;
      if (from < chunk.length) yield chunk.subarray(from, to);
      if (position > end) return;
    }
  }
  return generatedFrom(source, bytes());
}

/**
 * A stream that ends with an error as soon as another gives more bytes than this.
 *
 * @internal
 */
export function limitedTo(
  most: number,
  source: Readable,
  tooLarge: () => Error,
): Readable {
  if (most === Infinity) return source;
  async function* bytes(): AsyncGenerator<Uint8Array, void> {
    let received = 0;
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      received += chunk.length;
      if (received > most) throw tooLarge();
      yield chunk;
    }
  }
  return generatedFrom(source, bytes());
}

/**
 * A stream that has its first bytes, or is over without any: what fails before is an error of the answer, and
 * not a cut in the middle of one.
 *
 * @throws what the stream fails with
 * @internal
 */
export async function begun(stream: Readable): Promise<Readable> {
  if (stream.errored) throw stream.errored;
  if (!stream.destroyed && !stream.readableEnded) await firstBytes(stream);
  return stream.readableEnded ? Readable.from([]) : stream;
}

function firstBytes(stream: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      stream.off('readable', settle).off('end', settle).off('close', settle);
      stream.off('error', reject);
      resolve();
    };
    stream.on('readable', settle).on('end', settle).on('close', settle);
    stream.on('error', reject);
  });
}

/** It may fail before anybody listens; who reads it then sees it. */
function generatedFrom(
  source: Readable,
  bytes: AsyncGenerator<Uint8Array, void>,
): Readable {
  return generatedStream(bytes, () => source.destroy()).on(
    'error',
    () => undefined,
  );
}
