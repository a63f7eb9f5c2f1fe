import { type IncomingHttpHeaders } from 'node:http';

import { ifRangeHolds } from '../http/preconditions.js';
import {
  type MultipartPlan,
  planMultipart,
  randomBoundary,
  type ByteRange,
  rangesOf,
} from '../http/range.js';
import { type DownloadDescription } from '../responses/describe.js';
import { type Awaitable } from '../storages/awaitable.js';
import { chunkBuffer, type LentBuffer, spareBuffer } from './chunk-buffers.js';

/**
 * Which bytes of a file the answer to a GET carries (RFC 9110 14.2).
 *
 * @internal
 */
export type BodyPlan =
  | { readonly kind: 'whole' }
  | { readonly kind: 'range'; readonly range: ByteRange }
  | { readonly kind: 'multipart'; readonly multipart: MultipartPlan }
  | { readonly kind: 'unsatisfiable' };

const WHOLE: BodyPlan = { kind: 'whole' };

/**
 * Decides from values.
 *
 * @param most how many ranges are served in one answer; past that it is the whole file
 * @internal
 */
export function planBody(
  headers: IncomingHttpHeaders,
  description: DownloadDescription,
  most: number,
  now: Date = new Date(),
): BodyPlan {
  const { size, contentType } = description;
  if (
    size === undefined ||
    headers.range === undefined ||
    !ifRangeHolds(headers['if-range']?.toString(), description, now)
  ) {
    return WHOLE;
  }
  const ranges = rangesOf(headers.range, size, most);
  if (ranges === 'ignore') return WHOLE;
  if (ranges === 'unsatisfiable') return { kind: 'unsatisfiable' };
  const [range, second] = ranges;
  if (range === undefined) return WHOLE;
  if (second === undefined) return { kind: 'range', range };
  return {
    kind: 'multipart',
    multipart: planMultipart(ranges, size, contentType, randomBoundary()),
  };
}

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
