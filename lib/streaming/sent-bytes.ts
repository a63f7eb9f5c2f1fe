import {
  type IncomingMessage,
  OutgoingMessage,
  type ServerResponse,
} from 'node:http';
import { Http2ServerResponse } from 'node:http2';

/**
 * Counts what goes out for an answer from now on.
 *
 * @internal
 */
export class SentBytes {
  readonly #socket;
  readonly #before: number;

  constructor(private readonly response: ServerResponse<IncomingMessage>) {
    this.#socket = response.socket;
    this.#before = this.#socket?.bytesWritten ?? 0;
  }

  /**
   * How many of these bytes were certainly not sent. Rather too few: its head counts, too, and on HTTP/2 what
   * other answers have sent beside it.
   *
   * @param length bytes of the answer, where they are known
   */
  missing(length: number | undefined): number {
    const isWhole = this.response.writableFinished || !this.#socket;
    if (length === undefined || isWhole) return 0;
    // Its type does not say that there is none any more where the socket was torn down.
    const written: number | undefined = this.#socket?.bytesWritten;
    return Math.max(0, length - ((written ?? Infinity) - this.#before));
  }
}

type Write = (
  chunk: string | Uint8Array,
  encoding?: BufferEncoding | ((error?: Error | null) => void),
  callback?: (error?: Error | null) => void,
) => boolean;

/**
 * Counts the bytes of a body that were handed to the operating system, from now on: those whose write has called
 * back. The socket's own count has the head in it, and what Node still holds.
 *
 * @param destination a response, or what stands between and passes it on
 * @internal
 */
export class WrittenBytes {
  #bytes = 0;
  #last = 0;

  constructor(destination: NodeJS.WritableStream) {
    // Compression and the like do not call back; what they were given counts as written.
    const callsBack = hasOwnWrite(destination);
    const write = destination.write.bind(destination) as Write;
    const end = destination.end.bind(destination) as (
      ...given: unknown[]
    ) => unknown;
    const countingWrite: Write = (chunk, encoding, callback) => {
      const callBack = typeof encoding === 'function' ? encoding : callback;
      const coding = typeof encoding === 'string' ? encoding : undefined;
      const bytes = byteLength(chunk, coding);
      if (!callsBack) this.#bytes += bytes;
      return write(chunk, coding, (error) => {
        if (callsBack && !error) this.#bytes += bytes;
        callBack?.(error);
      });
    };
    Object.assign(destination, {
      write: countingWrite,
      end: (...given: unknown[]) => {
        const [chunk, encoding] = given;
        if (typeof chunk === 'string' || chunk instanceof Uint8Array) {
          this.#last = byteLength(
            chunk,
            typeof encoding === 'string'
              ? (encoding as BufferEncoding)
              : undefined,
          );
        }
        return end(...given);
      },
    });
  }

  /** @param isFinished whether the answer came to its end, and with it what that carried */
  total(isFinished: boolean): number {
    return isFinished ? this.#bytes + this.#last : this.#bytes;
  }
}

function hasOwnWrite(destination: NodeJS.WritableStream): boolean {
  return (
    destination.write === OutgoingMessage.prototype.write ||
    destination.write === Http2ServerResponse.prototype.write
  );
}

function byteLength(
  chunk: string | Uint8Array,
  encoding: BufferEncoding | undefined,
): number {
  return typeof chunk === 'string'
    ? Buffer.byteLength(chunk, encoding)
    : chunk.byteLength;
}
