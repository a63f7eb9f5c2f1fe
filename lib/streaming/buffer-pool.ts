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
