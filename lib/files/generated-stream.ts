import { Readable } from 'node:stream';

/**
 * What a generator gives, as a stream of bytes. A stream that is destroyed tells its generator only when the
 * generator has something to give, and may wait for that forever: what the generator waits for is ended first.
 *
 * @param end called once, when the stream has ended or is destroyed
 * @param signal destroys the stream
 * @internal
 */
export function generatedStream(
  bytes: AsyncGenerator<unknown, void>,
  end: () => void,
  signal?: AbortSignal,
): Readable {
  const iterator: AsyncIterableIterator<unknown, void> = {
    [Symbol.asyncIterator]: () => iterator,
    next: () => bytes.next(),
    return: () => {
      end();
      return bytes.return();
    },
  };
  return Readable.from(iterator, { objectMode: false, signal });
}
