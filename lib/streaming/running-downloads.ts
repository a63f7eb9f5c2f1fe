import { type IncomingMessage, type ServerResponse } from 'node:http';

import { cutConnection } from './cut-connection.js';

/**
 * The downloads that are being sent, for the moment when the application shuts down.
 *
 * @internal
 */
export class RunningDownloads {
  readonly #responses = new Set<ServerResponse<IncomingMessage>>();
  #isOver = false;
  #whenEmpty?: () => void;

  /** Whether the time that running downloads had is over: nothing begins any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  add(response: ServerResponse<IncomingMessage>): void {
    this.#responses.add(response);
  }

  remove(response: ServerResponse<IncomingMessage>): void {
    this.#responses.delete(response);
    if (this.#responses.size === 0) this.#whenEmpty?.();
  }

  /** Waits for them, cuts off what is left after a time, and lets none begin after that. */
  async finish(milliseconds: number): Promise<void> {
    if (this.#responses.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#whenEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#isOver = true;
    for (const response of this.#responses) cutConnection(response);
  }
}
