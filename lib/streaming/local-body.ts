import { type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

import { type OpenFile } from '../storages/open-file.js';
import { readFully, written } from './descriptor-io.js';
import { chunkBuffer, ONE_PIECE, pieceBuffer } from './chunk-buffers.js';
import { whenClosed } from './when-closed.js';

/**
 * A piece of a body: bytes as they are, or a range of the file, its end included.
 *
 * @internal
 */
export type BodySegment =
  Uint8Array | { readonly start: number; readonly end: number };

/**
 * The body of an answer out of one open file.
 *
 * @internal
 */
export class LocalBody {
  #isClosing = false;
  #isReading = false;

  constructor(
    private readonly file: OpenFile,
    readonly segments: readonly BodySegment[],
  ) {}

  /**
   * Writes everything straight to the response, and ends it. The stream machinery would move 64 KiB at
   * a time through several copies of the bookkeeping.
   *
   * @param stopped whether the client has left
   * @throws where the file cannot be read, ends early or is not what it was
   */
  async sendTo(
    response: ServerResponse<IncomingMessage>,
    stopped: () => boolean,
  ): Promise<void> {
    const [segment] = this.segments;
    try {
      if (
        this.segments.length === 1 &&
        segment &&
        'start' in segment &&
        lengthOf(segment) <= ONE_PIECE
      ) {
        await this.#sendPiece(response, segment.start, lengthOf(segment));
      } else {
        await this.#sendChunks(response, stopped);
      }
    } finally {
      this.close();
    }
  }

  /** The same as a stream, for whoever stands between: compression, HTTP/2, the hooks of Fastify. */
  toReadable(): Readable {
    return Readable.from(this.#bytes(), { objectMode: false });
  }

  /** Once, and never under a read: the number of a closed descriptor is the next file's. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    if (!this.#isReading) this.file.close();
  }

  async #read(buffer: Buffer, length: number, position: number): Promise<void> {
    if (this.#isClosing) throw new Error('The file is closed');
    this.#isReading = true;
    try {
      await readFully(this.file.descriptor, buffer, length, position);
    } finally {
      this.#isReading = false;
      if (this.#isClosing) this.file.close();
    }
  }

  async #sendPiece(
    response: ServerResponse<IncomingMessage>,
    start: number,
    length: number,
  ): Promise<void> {
    const lent = pieceBuffer(length);
    try {
      await this.#read(lent.buffer, length, start);
      this.#requireIntact();
    } catch (error) {
      lent.giveBack();
      throw error;
    }
    // The callback of end() never comes where the client leaves. And not before: under a read the buffer
    // would be the next file's, and while the response waits for its turn its bytes are still to be sent.
    whenClosed(response, () => lent.giveBack());
    this.close();
    response.end(lent.buffer.subarray(0, length));
  }

  async #sendChunks(
    response: ServerResponse<IncomingMessage>,
    stopped: () => boolean,
  ): Promise<void> {
    let sent = 0;
    const lastRange = this.segments.findLast((segment) => 'start' in segment);
    for (const segment of this.segments) {
      if (!('start' in segment)) {
        await written(response, segment);
        continue;
      }
      for (let at = segment.start; at <= segment.end && !stopped();) {
        const lent = chunkBuffer(sent);
        const { buffer } = lent;
        try {
          const length = Math.min(buffer.length, segment.end - at + 1);
          await this.#read(buffer, length, at);
          at += length;
          if (at > segment.end && segment === lastRange) {
            this.#requireIntact();
          }
          await written(response, buffer.subarray(0, length));
          sent += length;
        } finally {
          lent.giveBack();
        }
      }
    }
    if (!stopped()) response.end();
  }

  async *#bytes(): AsyncGenerator<Uint8Array> {
    try {
      for (const segment of this.segments) {
        if ('start' in segment) yield* this.#chunksOf(segment);
        else yield segment;
      }
    } finally {
      this.close();
    }
  }

  async *#chunksOf({
    start,
    end,
  }: {
    start: number;
    end: number;
  }): AsyncGenerator<Uint8Array> {
    for (let at = start; at <= end;) {
      const length = Math.min(64 * 1024, end - at + 1);
      const buffer = Buffer.allocUnsafe(length);
      await this.#read(buffer, length, at);
      at += length;
      if (at > end) this.#requireIntact();
      yield buffer;
    }
  }

  /** Before the last chunk goes out: without it, the client knows that something is wrong. */
  #requireIntact(): void {
    if (!this.file.isIntact()) {
      throw new Error('The file was changed while it was being sent');
    }
  }
}

function lengthOf({ start, end }: { start: number; end: number }): number {
  return end - start + 1;
}
