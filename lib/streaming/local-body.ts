import { read, readSync } from 'node:fs';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

import { type ByteRange } from '../http/range.js';
import { andThen, type Awaitable } from '../storages/awaitable.js';
import { type OpenFile } from '../storages/local-descriptor.js';
import { diskPace } from '../storages/local-disk.js';
import {
  endWith,
  type LentBuffer,
  ONE_PIECE,
  pieceBuffer,
  RangeChunks,
  written,
} from './chunk-buffers.js';

// As much and more is read by the pool, while the last chunk is being sent.
const LARGE = 256 * 1024;

/**
 * Reads exactly `length` bytes; the kernel may give fewer at a time.
 *
 * @param done bytes that are in the buffer already
 * @returns a promise where the thread pool reads
 * @throws where the file ends early
 * @internal
 */
export function readFully(
  descriptor: number,
  buffer: Buffer,
  length: number,
  position: number,
  done = 0,
): Awaitable<void> {
  while (done < length) {
    const at = [done, length - done, position + done] as const;
    const read = readSome(descriptor, buffer, ...at);
    if (typeof read !== 'number') {
      const before = done;
      return read.then((bytes) =>
        readFully(descriptor, buffer, length, position, before + some(bytes)),
      );
    }
    done += some(read);
  }
}

function some(bytes: number): number {
  if (bytes === 0) throw new Error('The file ended early');
  return bytes;
}

function readSome(
  ...given: [
    descriptor: number,
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ]
): Awaitable<number> {
  return given[3] >= LARGE
    ? readInPool(...given)
    : diskPace.call(readSync, readInPool, ...given);
}

function readInPool(
  descriptor: number,
  buffer: Buffer,
  offset: number,
  length: number,
  position: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, buffer, offset, length, position, (error, bytes) =>
      error ? reject(error) : resolve(bytes),
    );
  });
}

/**
 * A piece of a body: bytes as they are, or a range of the file, its end included.
 *
 * @internal
 */
export type BodySegment = Uint8Array | ByteRange;

interface Destination {
  readonly response: ServerResponse<IncomingMessage>;
  /** Whether the client has left. */
  readonly stopped: () => boolean;
}

/**
 * The body of an answer out of one open file.
 *
 * @internal
 */
export class LocalBody {
  #samples?: Samples;
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
  sendTo(
    response: ServerResponse<IncomingMessage>,
    stopped: () => boolean,
  ): Awaitable<void> {
    const [segment, second] = this.segments;
    return segment && 'start' in segment && !second && isOnePiece(segment)
      ? this.#sendPiece(response, segment)
      : this.#sendChunks({ response, stopped });
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

  #read(buffer: Buffer, length: number, position: number): Awaitable<void> {
    if (this.#isClosing) throw new Error('The file is closed');
    const reading = readFully(this.file.descriptor, buffer, length, position);
    if (!reading) return;
    this.#isReading = true;
    return reading.finally(() => {
      this.#isReading = false;
      if (this.#isClosing) this.file.close();
    });
  }

  /** A part of what is sent, of which some bytes are kept to the end. */
  #readPart(buffer: Buffer, length: number, position: number): Awaitable<void> {
    return andThen(this.#read(buffer, length, position), () =>
      (this.#samples ??= new Samples()).keep(buffer, length, position),
    );
  }

  #sendPiece(
    response: ServerResponse<IncomingMessage>,
    range: ByteRange,
  ): Awaitable<void> {
    const lent = pieceBuffer(lengthOf(range));
    const send = (): void => {
      this.close();
      endWith(response, lent, lengthOf(range));
    };
    const reading = this.#readIntact(lent, range);
    return reading ? reading.then(send) : send();
  }

  #readIntact(lent: LentBuffer, range: ByteRange): Awaitable<void> {
    const giveUp = (error: unknown): never => {
      lent.giveBack();
      this.close();
      throw error;
    };
    try {
      const reading = this.#read(lent.buffer, lengthOf(range), range.start);
      if (!reading) this.#requireIntact();
      else return reading.then(() => this.#requireIntact()).catch(giveUp);
    } catch (error) {
      giveUp(error);
    }
  }

  async #sendChunks(destination: Destination): Promise<void> {
    try {
      await this.#sendSegments(destination);
    } finally {
      this.close();
    }
    if (!destination.stopped()) destination.response.end();
  }

  async #sendSegments(destination: Destination): Promise<void> {
    let sent = 0;
    const lastRange = this.segments.findLast((segment) => 'start' in segment);
    for (const segment of this.segments) {
      if ('start' in segment) {
        const chunks = new RangeChunks(
          segment,
          sent,
          this.#readPart.bind(this),
        );
        await this.#sendRange(chunks, segment === lastRange, destination);
        sent += lengthOf(segment);
      } else {
        await written(destination.response, segment);
      }
    }
  }

  async #sendRange(
    chunks: RangeChunks,
    isLastRange: boolean,
    { response, stopped }: Destination,
  ): Promise<void> {
    try {
      while (!stopped()) {
        const chunk = await chunks.next();
        if (!chunk) return;
        try {
          if (chunk.isLast && isLastRange) this.#requireIntact();
          const writing = written(response, chunk.bytes);
          chunks.readAhead();
          await writing;
        } finally {
          chunk.giveBack();
        }
      }
    } finally {
      await chunks.close();
    }
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

  async *#chunksOf({ start, end }: ByteRange): AsyncGenerator<Uint8Array> {
    for (let at = start; at <= end;) {
      const length = Math.min(64 * 1024, end - at + 1);
      const buffer = Buffer.allocUnsafe(length);
      await this.#readPart(buffer, length, at);
      at += length;
      if (at > end) this.#requireIntact();
      yield buffer;
    }
  }

  /** Before the last chunk goes out: without it, the client knows that something is wrong. */
  #requireIntact(): void {
    if (this.#isClosing) throw new Error('The file is closed');
    const { descriptor } = this.file;
    const integrity = this.file.integrity();
    const isIntact =
      integrity === 'touched'
        ? (this.#samples?.areStillIn(descriptor) ?? true)
        : integrity === 'intact';
    if (!isIntact) {
      throw new Error('The file was changed while it was being sent');
    }
  }
}

const SAMPLE_LENGTH = 32;
const MOST_SAMPLES = 64;

/**
 * Some of the bytes that were read, which tell a file that was added to from one that was written anew under way.
 */
class Samples {
  // Texts: small buffers would each keep a whole pool of Node's from being let go.
  #kept: { readonly position: number; readonly bytes: string }[] = [];
  #seen = 0;
  #every = 1;

  keep(buffer: Buffer, length: number, position: number): void {
    if (this.#seen++ % this.#every !== 0) return;
    if (this.#kept.length === MOST_SAMPLES) {
      this.#kept = this.#kept.filter((_, index) => index % 2 === 0);
      this.#every *= 2;
    }
    const end = Math.min(length, SAMPLE_LENGTH);
    this.#kept.push({ position, bytes: buffer.toString('latin1', 0, end) });
  }

  areStillIn(descriptor: number): boolean {
    const now = Buffer.alloc(SAMPLE_LENGTH);
    return this.#kept.every(({ position, bytes }) => {
      const length = readSync(descriptor, now, 0, bytes.length, position);
      return now.toString('latin1', 0, length) === bytes;
    });
  }
}

function isOnePiece(range: ByteRange): boolean {
  return lengthOf(range) <= ONE_PIECE;
}

function lengthOf({ start, end }: ByteRange): number {
  return end - start + 1;
}
