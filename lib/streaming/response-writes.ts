import {
  type IncomingMessage,
  OutgoingMessage,
  type ServerResponse,
} from 'node:http';
import { Http2ServerResponse } from 'node:http2';

import { type LentBuffer } from './chunk-buffers.js';
import { whenClosed } from './connection.js';

// Node puts a string behind the head into one write; bytes go with it in a list, which costs more than to
// turn so few of them into a string and back.
const SMALL_PIECE = 4 * 1024;

/**
 * Writes bytes to a response. Only when the promise settles may they be changed.
 *
 * @internal
 */
export function written(
  response: ServerResponse<IncomingMessage>,
  bytes: Uint8Array,
): Promise<void> {
  return new Promise((resolve, reject) => {
    // One that waits for its turn on the connection, or comes when that is closing, never calls back.
    const forget = response.socket?.writable
      ? undefined
      : whenClosed(response, () => reject(new Error('The client has left')));
    response.write(bytes, (error) => {
      forget?.();
      if (error) reject(error);
      else resolve();
    });
  });
}

/**
 * Ends a response with the first bytes of a lent buffer, and gives it back when they are sent.
 *
 * @internal
 */
export function endWith(
  response: ServerResponse<IncomingMessage>,
  lent: LentBuffer,
  length: number,
): void {
  if (length <= SMALL_PIECE) {
    response.end(lent.buffer.toString('latin1', 0, length), 'latin1');
    lent.giveBack();
    return;
  }
  // The callback of end() never comes where the client leaves. And not before: under a read the buffer
  // would be the next file's, and while the response waits for its turn its bytes are still to be sent.
  whenClosed(response, () => lent.giveBack());
  response.end(lent.buffer.subarray(0, length));
}

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
    const counted: Write = (chunk, encoding, callback) => {
      const told = typeof encoding === 'function' ? encoding : callback;
      const coding = typeof encoding === 'string' ? encoding : undefined;
      const bytes = byteLength(chunk, coding);
      if (!callsBack) this.#bytes += bytes;
      return write(chunk, coding, (error) => {
        if (callsBack && !error) this.#bytes += bytes;
        told?.(error);
      });
    };
    Object.assign(destination, {
      write: counted,
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
