import { type ByteRange } from '../http/range.js';
import { type Awaitable } from '../storages/file-stat.js';
import { chunkBuffer, type LentBuffer, spareBuffer } from './chunk-buffers.js';

type Read = (
  buffer: Buffer,
  length: number,
  position: number,
) => Awaitable<void>;

/**
 * A piece of a file in a lent buffer.
 *
 * @internal
 */
export interface Chunk {
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
  giveBack(): void;
}

/**
 * The chunks of a range, one after the other. The next one can be read while the last is being sent.
 *
 * @internal
 */
export class RangeChunks {
  #at: number;
  #sent: number;
  #ahead: Promise<Chunk> | undefined;

  /** @param sent bytes of the answer that went out before: chunks grow with them */
  constructor(
    private readonly range: ByteRange,
    sent: number,
    private readonly read: Read,
  ) {
    this.#at = range.start;
    this.#sent = sent;
  }

  /** @returns undefined at the end of the range */
  async next(): Promise<Chunk | undefined> {
    const ahead = this.#takeAhead();
    if (ahead) return ahead;
    return this.#isOver ? undefined : this.#fill(chunkBuffer(this.#sent));
  }

  /** Begins to read the next one, if there is a buffer to spare. */
  readAhead(): void {
    const spare = this.#isOver ? undefined : spareBuffer(this.#sent);
    if (!spare) return;
    this.#ahead = this.#fill(spare);
    // An error waits for next(), which may never come.
    this.#ahead.catch(() => undefined);
  }

  /** Lets go of what was read ahead. */
  async close(): Promise<void> {
    const chunk = await this.#takeAhead()?.catch(() => undefined);
    chunk?.giveBack();
  }

  #takeAhead(): Promise<Chunk> | undefined {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead;
  }

  get #isOver(): boolean {
    return this.#at > this.range.end;
  }

  async #fill(lent: LentBuffer): Promise<Chunk> {
    const { buffer } = lent;
    const length = Math.min(buffer.length, this.range.end - this.#at + 1);
    const position = this.#at;
    this.#at += length;
    this.#sent += length;
    try {
      await this.read(buffer, length, position);
    } catch (error) {
      lent.giveBack();
      throw error;
    }
    const bytes = buffer.subarray(0, length);
    const isLast = position + length > this.range.end;
    return { bytes, isLast, giveBack: () => lent.giveBack() };
  }
}
