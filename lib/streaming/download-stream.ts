import { Readable } from 'node:stream';

/**
 * What the stream tells about, and when.
 *
 * @internal
 */
export interface DownloadStreamEvents {
  /** The moment before bytes flow: Nest replies, and the destination is known. */
  readonly begin: (destination: NodeJS.WritableStream) => void;
  /** The source failed, ended early, or gave more than it promised. */
  readonly fail: (error: Error) => void;
}

/**
 * The body of an answer as Nest gets it. It passes on the source's bytes, at the client's pace, and
 * exactly as many as were promised; nothing is pulled from the source before it is piped or read.
 *
 * @internal
 */
export class DownloadStream extends Readable {
  readonly #source: Readable | undefined;
  readonly #events: DownloadStreamEvents;
  #missing: number | undefined;
  #pulling = false;

  /**
   * @param source the bytes; none for HEAD, 304 and an offloaded answer
   * @param size bytes that were promised, where they were
   */
  constructor(
    source: Readable | undefined,
    size: number | undefined,
    events: DownloadStreamEvents,
  ) {
    super();
    this.#source = source;
    this.#missing = size;
    this.#events = events;
    // A source may fail before anybody reads it, while an interceptor waits.
    source?.on('error', (error) => this.#fail(error));
  }

  override pipe<T extends NodeJS.WritableStream>(
    destination: T,
    options?: { end?: boolean },
  ): T {
    this.#events.begin(destination);
    return super.pipe(destination, options);
  }

  override _read(): void {
    const source = this.#source;
    if (!source) this.push(null);
    else if (this.#pulling) source.resume();
    else this.#pull(source);
  }

  override _destroy(
    error: Error | null,
    callback: (error?: Error | null) => void,
  ): void {
    this.#source?.destroy();
    callback(error);
  }

  #pull(source: Readable): void {
    this.#pulling = true;
    source
      .on('data', (chunk: Uint8Array) => this.#take(chunk, source))
      .once('end', () => this.#end())
      .once('close', () => {
        if (!source.readableEnded) this.#fail(new Error('The source closed'));
      });
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
    }
    if (!this.push(chunk)) source.pause();
  }

  #end(): void {
    if (this.#missing === undefined || this.#missing === 0) this.push(null);
    else this.#fail(new Error(`${this.#missing} bytes are missing`));
  }

  #fail(error: Error): void {
    if (this.destroyed || this.readableEnded) return;
    this.#events.fail(error);
    this.destroy(error);
  }
}
