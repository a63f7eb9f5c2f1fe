import { type Channel } from 'node:diagnostics_channel';

import { InvalidOptionsError } from '../errors/download-errors.js';
import { type DownloadStorage } from '../storages/download-storage.js';
import { byteStream, type VirtualContent } from './virtual-file-source.js';

/**
 * How long it took to make a file, as `node:diagnostics_channel` tells it.
 *
 * @internal
 */
export interface MadeFile {
  /** Milliseconds. */
  readonly duration: number;
  /** Why it is not there, or not whole. */
  readonly error?: unknown;
}

/** @internal */
export const DERIVED_CHANNEL = 'nestjs-downloadview:derived';
/** @internal */
export const ARCHIVE_CHANNEL = 'nestjs-downloadview:archive';

/**
 * Tells on a channel how long it has taken, where somebody listens.
 *
 * @param began by `performance.now()`
 * @internal
 */
export function tellMade(to: Channel, began: number, error?: unknown): void {
  if (!to.hasSubscribers) return;
  const made: MadeFile = {
    duration: performance.now() - began,
    ...(error !== undefined && error !== null && { error }),
  };
  to.publish(made);
}

const running = new WeakMap<DownloadStorage, Map<string, Making>>();

/**
 * The making of one file, which all who ask for the file meanwhile wait for.
 *
 * @internal
 */
export class Making {
  readonly #leave = new AbortController();
  readonly #made: Promise<void>;
  #waiting = 0;
  #mayStop = true;
  #isOver = false;

  private constructor(
    make: (signal: AbortSignal) => Promise<void>,
    private readonly forget: () => void,
  ) {
    this.#made = make(this.#leave.signal).finally(() => {
      this.#isOver = true;
      forget();
    });
    // Whoever waits is told; nobody may wait any more.
    this.#made.catch(() => undefined);
  }

  /** The one that runs in this process, if one does. */
  static of(storage: DownloadStorage, key: string): Making | undefined {
    return running.get(storage)?.get(key);
  }

  /** That one, or one that is begun now. */
  static begin(
    storage: DownloadStorage,
    key: string,
    make: (signal: AbortSignal) => Promise<void>,
  ): Making {
    const all = running.get(storage) ?? new Map<string, Making>();
    running.set(storage, all);
    const known = all.get(key);
    if (known) return known;
    const making: Making = new Making(make, () => {
      if (all.get(key) === making) all.delete(key);
    });
    all.set(key, making);
    return making;
  }

  /** Until it is over, in whatever way. */
  async end(): Promise<void> {
    await this.#made.catch(() => undefined);
  }

  /**
   * Until the file is there, or the client has left.
   *
   * @param mayStop whether nobody needs it when all have left; it goes on where one of them does not say so
   * @throws what it fails with, to all who wait
   */
  async wait(mayStop: boolean, signal?: AbortSignal): Promise<void> {
    this.#waiting += 1;
    this.#mayStop &&= mayStop;
    try {
      await (signal ? untilLeft(this.#made, signal) : this.#made);
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0 && this.#mayStop && !this.#isOver) this.#stop();
    }
  }

  /** Who comes after this begins anew. */
  #stop(): void {
    this.forget();
    this.#leave.abort();
  }
}

function untilLeft(made: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error);
    if (signal.aborted) {
      leave();
      return;
    }
    signal.addEventListener('abort', leave, { once: true });
    made
      .finally(() => signal.removeEventListener('abort', leave))
      .then(resolve, reject);
  });
}

/**
 * What is made, on its way to the storage.
 *
 * @internal
 */
export class ReportedBytes implements AsyncIterable<Uint8Array> {
  /** What it failed with, as it was thrown. */
  failure: unknown;

  constructor(
    private readonly content: VirtualContent,
    private readonly signal: AbortSignal,
    private readonly size: number | undefined,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    let length = 0;
    try {
      for await (const chunk of byteStream(this.content, this.signal)) {
        const bytes = chunk as Uint8Array;
        length += bytes.length;
        yield bytes;
      }
      if (this.size !== undefined && length !== this.size) {
        throw new InvalidOptionsError(
          'DerivedFile.size',
          this.size,
          `What make() gave has ${length} bytes.`,
        );
      }
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}
