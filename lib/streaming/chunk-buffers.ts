import { type IncomingMessage, type ServerResponse } from 'node:http';

import { type ByteRange } from '../http/range.js';
import { type Awaitable } from '../storages/awaitable.js';
import { whenClosed } from './connection.js';

/**
 * Buffers of one size, used again and never more than a number of them for the whole process: with
 * fresh ones the allocation eats the gain, and without a limit a thousand clients that read nothing
 * would hold a thousand of them.
 *
 * @internal
 */
export class BufferPool {
  readonly #idle: Buffer[] = [];
  #lent = 0;

  constructor(
    readonly size: number,
    private readonly most: number,
    private readonly kept = most,
  ) {}

  /** A buffer with anything in it, or undefined where all are lent. */
  take(): Buffer | undefined {
    if (this.#lent >= this.most) return undefined;
    this.#lent += 1;
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(this.size);
  }

  give(buffer: Buffer): void {
    this.#lent -= 1;
    if (this.#idle.length < this.kept) this.#idle.push(buffer);
  }
}

const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * Up to this size a file is read and sent in one piece.
 *
 * @internal
 */
export const ONE_PIECE = 256 * KIB;

// Chunks grow only for a client that keeps up: the socket buffers of loopback alone swallow the first
// 4 to 8 MB of one that reads nothing, so the first writes say little about it.
const STEPS = [
  { after: 32 * MIB, pool: new BufferPool(MIB, 32, 8) },
  { after: 12 * MIB, pool: new BufferPool(256 * KIB, 128, 16) },
] as const;
const SMALL = new BufferPool(64 * KIB, Infinity, 64);
const PIECES = STEPS[1].pool;

/**
 * A buffer on loan; to be given back when the write that it was given to has called back.
 *
 * @internal
 */
export interface LentBuffer {
  readonly buffer: Buffer;
  giveBack(): void;
}

/**
 * The buffer for the next chunk of an answer.
 *
 * @param sent bytes that the client has taken so far
 * @internal
 */
export function chunkBuffer(sent: number): LentBuffer {
  return spareBuffer(sent) ?? lend(SMALL) ?? fresh(SMALL.size);
}

/**
 * A second buffer for a client that keeps up, of those whose number is limited for the whole process.
 *
 * @param sent bytes that the client has taken so far
 * @internal
 */
export function spareBuffer(sent: number): LentBuffer | undefined {
  for (const { after, pool } of STEPS) {
    if (sent < after) continue;
    const lent = lend(pool);
    if (lent) return lent;
  }
  return undefined;
}

/**
 * A buffer for a whole file of at most ONE_PIECE bytes.
 *
 * @internal
 */
export function pieceBuffer(size: number): LentBuffer {
  if (size <= 4 * KIB) return fresh(size);
  const pool = size <= SMALL.size ? SMALL : PIECES;
  return lend(pool) ?? fresh(size);
}

function lend(pool: BufferPool): LentBuffer | undefined {
  const buffer = pool.take();
  return buffer && { buffer, giveBack: () => pool.give(buffer) };
}

/** Small ones come from Node's own pool, and are its garbage collector's. */
function fresh(size: number): LentBuffer {
  return { buffer: Buffer.allocUnsafe(size), giveBack: () => undefined };
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
