import { Readable } from 'node:stream';

/** How much goes out at once, and how far a late timer may be caught up with: a tenth of a second. */
const PIECE_TIME = 100;

/**
 * The bytes of a source at a limited rate, in pieces of at most a tenth of a second. What a slow client has not taken in its
 * time is not sent faster later.
 *
 * @internal
 */
export class PacedStream extends Readable {
  readonly #pieceLength: number;
  #rest: Uint8Array | undefined;
  #isWanted = false;
  #due: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param rate bytes a second, 1 or more */
  constructor(
    private readonly source: Readable,
    readonly rate: number,
  ) {
    // Nothing is read ahead of its time.
    super({ highWaterMark: 1 });
    this.#pieceLength = Math.max(1, Math.floor((rate * PIECE_TIME) / 1000));
    source
      .on('readable', () => this.#next())
      .once('end', () => this.#next())
      .on('error', (error) => this.destroy(error))
      .once('close', () => {
        if (!source.readableEnded) this.destroy(new Error('The source closed'));
      });
    if (source.destroyed) {
      this.destroy(source.errored ?? new Error('The source is closed already'));
    }
  }

  override _read(): void {
    this.#isWanted = true;
    this.#next();
  }

  override _destroy(
    error: Error | null,
    callback: (error?: Error | null) => void,
  ): void {
    clearTimeout(this.#timer);
    this.source.destroy();
    callback(error);
  }

  #next(): void {
    if (!this.#isWanted || this.#timer || this.destroyed) return;
    this.#rest ??= (this.source.read() as Uint8Array | null) ?? undefined;
    if (this.#rest) this.#sendWhenDue(this.#rest);
    else if (this.source.readableEnded) this.push(null);
  }

  #sendWhenDue(bytes: Uint8Array): void {
    const now = performance.now();
    const due = (this.#due ??= now);
    if (due > now) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#next();
      }, due - now);
      return;
    }
    const piece = bytes.subarray(0, this.#pieceLength);
    const rest = bytes.subarray(piece.length);
    this.#rest = rest.length > 0 ? rest : undefined;
    this.#due =
      Math.max(due, now - PIECE_TIME) + (piece.length / this.rate) * 1000;
    this.#isWanted = false;
    this.push(piece);
  }
}
