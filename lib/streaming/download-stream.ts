import {
  type IncomingMessage,
  OutgoingMessage,
  ServerResponse,
} from 'node:http';
import { Readable } from 'node:stream';

import { InternalErrorException } from '../errors/download-errors.js';
import { isOnSocket } from './connection.js';
import { type LocalBody } from './local-body.js';
import { PacedStream } from './paced-stream.js';
import { WrittenBytes } from './sent-bytes.js';

/**
 * What the stream tells about, and when.
 *
 * @internal
 */
export interface DownloadStreamEvents {
  /** Somebody wants to know how many bytes go out. */
  readonly isObserved?: boolean;
  /** The client has left before Nest replied. Tells the response so, and whether it is so. */
  leftBefore?(): boolean;
  /** The moment before bytes flow: Nest replies, and the destination is known. */
  begin(destination: NodeJS.WritableStream): void;
  /** The first bytes are on their way, if they were at hand. */
  begun(): void;
  /** The source failed, ended early, or gave more than it promised. */
  fail(error: Error): void;
}

/**
 * The body of an answer as Nest gets it. It passes on the source's bytes, at the client's pace, and
 * exactly as many as were promised; nothing is pulled from the source before it is piped or read.
 *
 * @internal
 */
export class DownloadStream extends Readable {
  /** Whether others than this stream itself may end it. */
  mayBeDestroyed = true;
  /** Bytes a second, where they are limited. */
  limitRate: number | undefined;
  readonly #body: Readable | LocalBody | undefined;
  readonly #events: DownloadStreamEvents;
  #source: Readable | undefined;
  #missing: number | undefined;
  #last: Uint8Array | undefined;
  #written: WrittenBytes | undefined;

  /**
   * @param body the bytes; none for HEAD, 304 and an offloaded answer
   * @param size bytes that were promised, where they were
   */
  constructor(
    body: Readable | LocalBody | undefined,
    size: number | undefined,
    events: DownloadStreamEvents,
  ) {
    super();
    this.#body = body;
    this.#missing = size;
    this.#events = events;
    // A source may fail before anybody reads it, while an interceptor waits.
    if (body instanceof Readable) {
      body.on('error', (error) => this.#fail(error));
    }
  }

  override pipe<T extends NodeJS.WritableStream>(
    destination: T,
    options?: { end?: boolean },
  ): T {
    if (this.#events.leftBefore?.()) return destination;
    this.#events.begin(destination);
    const body = this.#body;
    const isPlain = isPlainResponse(destination);
    if (this.#events.isObserved) this.#written = new WrittenBytes(destination);
    if (body instanceof Readable || !isPlain || this.limitRate) {
      super.pipe(destination, options);
    } else if (body) {
      this.#sendStraight(body, destination);
    } else {
      destination.end();
      this.#sent();
    }
    this.#events.begun();
    return destination;
  }

  override destroy(error?: Error): this {
    return this.mayBeDestroyed || error ? super.destroy(error) : this;
  }

  /**
   * Bytes that were handed to the operating system, where somebody observes.
   *
   * @param isFinished whether the answer came to its end
   */
  bytesWritten(isFinished: boolean): number {
    return this.#written?.total(isFinished) ?? 0;
  }

  override _read(): void {
    if (this.#source) this.#source.resume();
    else if (this.#body) this.#pull(this.#body);
    else this.push(null);
  }

  override _destroy(
    error: Error | null,
    callback: (error?: Error | null) => void,
  ): void {
    this.#source?.destroy();
    if (this.#body instanceof Readable) this.#body.destroy();
    else this.#body?.close();
    callback(error);
  }

  #sendStraight(
    body: LocalBody,
    response: ServerResponse<IncomingMessage>,
  ): void {
    try {
      const sending = body.sendTo(response, () => this.destroyed);
      if (sending) {
        sending.then(
          () => this.#sent(),
          (error: Error) => this.#fail(error),
        );
      } else {
        this.#sent();
      }
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Whoever waits for this stream sees it end, after the last byte was written; else it goes with the response. */
  #sent(): void {
    if (this.destroyed || this.listenerCount('end') === 0) return;
    this.push(null);
    this.resume();
  }

  #pull(body: Readable | LocalBody): void {
    const { limitRate } = this;
    const bytes = body instanceof Readable ? body : body.toReadable();
    const source = limitRate ? new PacedStream(bytes, limitRate) : bytes;
    this.#source = source;
    if (source !== body) source.on('error', (error) => this.#fail(error));
    source
      .on('data', (chunk: Uint8Array) => this.#take(chunk, source))
      .once('end', () => this.#end())
      .once('close', () => {
        if (!source.readableEnded) this.#fail(new Error('The source closed'));
      });
    // Whoever made it may have paused it until it is read; listening alone does not set it going then.
    source.resume();
    if (source.destroyed) {
      this.#fail(source.errored ?? new Error('The source is closed already'));
    }
  }

  #take(chunk: Uint8Array, source: Readable): void {
    if (this.#missing !== undefined) {
      this.#missing -= chunk.length;
      if (this.#missing < 0) {
        this.#fail(new Error('The source gave more bytes than its size'));
        return;
      }
      if (this.#missing === 0) {
        // Held back until the source has ended: with it, the client takes the file for whole.
        this.#last = chunk;
        return;
      }
    }
    if (!this.push(chunk)) source.pause();
  }

  #end(): void {
    if (this.#missing !== undefined && this.#missing > 0) {
      this.#fail(new Error(`${this.#missing} bytes are missing`));
      return;
    }
    if (this.#last) this.push(this.#last);
    this.push(null);
  }

  #fail(error: Error): void {
    if (this.destroyed || this.readableEnded) return;
    this.#events.fail(error);
    // Not the error itself: an HttpException would be answered with the status that it asks for.
    this.destroy(new InternalErrorException(undefined, { cause: error }));
  }
}

/** Node's own response on a socket of HTTP/1, whose `write` nobody has replaced, as compression does. */
function isPlainResponse(
  destination: NodeJS.WritableStream | ServerResponse<IncomingMessage>,
): destination is ServerResponse<IncomingMessage> {
  return (
    destination instanceof ServerResponse &&
    destination.write === OutgoingMessage.prototype.write &&
    isOnSocket(destination) &&
    destination.req.method !== 'HEAD'
  );
}
