/**
 * An answer that is being sent.
 *
 * @internal
 */
export interface Transfer {
  readonly linkId: string;
  readonly grantId: string;
  /** Ends it before its end. */
  readonly cut: () => void;
}

/**
 * The answers that this process is sending. While there are any, the database is looked at now and then:
 * another process may have revoked their links.
 *
 * @internal
 */
export class RunningTransfers {
  readonly #running = new Set<Transfer>();
  #timer?: NodeJS.Timeout;

  /**
   * @param interval milliseconds from one look to the next
   * @param look what it is that is done then; it does not throw
   */
  constructor(
    private readonly interval: number,
    private readonly look: (running: readonly Transfer[]) => Promise<void>,
  ) {}

  add(transfer: Transfer): void {
    this.#running.add(transfer);
    this.#timer ??= this.#wait();
  }

  remove(transfer: Transfer): void {
    this.#running.delete(transfer);
    if (this.#running.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Ends those of a link. */
  cut(linkId: string): void {
    for (const transfer of [...this.#running]) {
      if (transfer.linkId === linkId) transfer.cut();
    }
  }

  #wait(): NodeJS.Timeout {
    const timer = setTimeout(() => {
      void this.look([...this.#running]).then(() => {
        // Others may have come and gone meanwhile.
        if (this.#timer === timer) this.#timer = this.#wait();
      });
    }, this.interval);
    // The connections keep the process alive, or nothing does.
    return timer.unref();
  }
}
