import { type IncomingMessage, type ServerResponse } from 'node:http';

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
