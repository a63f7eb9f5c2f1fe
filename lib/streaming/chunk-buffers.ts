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
