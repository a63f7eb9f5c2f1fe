import { httpRequest } from './http-client.js';

/** One request of a load: when it began and ended, and what is wrong with its answer. */
export interface LoadedRequest {
  readonly began: number;
  readonly ended: number;
  /** A status, or what broke the connection; undefined for the right answer. */
  readonly failure?: string;
  /** Whether a whole answer came with other bytes than it should have. */
  readonly isWrong: boolean;
}

/** Asks for one file again and again, on several connections. */
export class Load {
  readonly requests: LoadedRequest[] = [];
  #isOver = false;
  readonly #clients: Promise<void>[];
  readonly #waiting = new Set<() => void>();

  constructor(
    private readonly url: URL,
    private readonly content: Buffer,
    clients: number,
  ) {
    this.#clients = Array.from({ length: clients }, () => this.#ask());
  }

  /** Goes on until so many more requests have been answered right. */
  async succeeds(count: number): Promise<void> {
    const rights = (): number =>
      this.requests.filter(({ failure }) => failure === undefined).length;
    const enough = rights() + count;
    while (rights() < enough) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  async #ask(): Promise<void> {
    while (!this.#isOver) {
      const began = performance.now();
      const outcome = await this.#outcome();
      this.requests.push({ ...outcome, began, ended: performance.now() });
      for (const wake of this.#waiting) wake();
      this.#waiting.clear();
    }
  }

  async #outcome(): Promise<Pick<LoadedRequest, 'failure' | 'isWrong'>> {
    try {
      const { status, body } = await httpRequest(
        this.url.origin,
        this.url.pathname,
      );
      if (status !== 200) return { failure: `${status}`, isWrong: false };
      const isWrong = !body.equals(this.content);
      return { failure: isWrong ? 'other bytes' : undefined, isWrong };
    } catch (error) {
      return { failure: String(error), isWrong: false };
    }
  }
}
