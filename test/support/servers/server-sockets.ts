import { type Server } from 'node:http';
import { type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { type INestApplication } from '@nestjs/common';

/** The server's ends of all connections. */
export class ServerSockets {
  readonly #open = new Set<Socket>();
  #last?: Socket;
  #whenNone?: () => void;

  constructor(app: INestApplication) {
    (app.getHttpServer() as Server).on('connection', (socket: Socket) => {
      this.#last = socket;
      this.#open.add(socket);
      socket.once('close', () => {
        this.#open.delete(socket);
        if (this.#open.size === 0) this.#whenNone?.();
      });
    });
  }

  /** That of the newest connection; there is one as soon as it has answered. */
  get last(): Socket {
    if (!this.#last) throw new Error('Nobody has connected');
    return this.#last;
  }

  /** Settles when the last connection is closed. */
  async allClosed(): Promise<void> {
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => (this.#whenNone = resolve));
  }

  /**
   * The kernel tells nobody that a client takes nothing any more, so this asks until no byte has moved
   * on any connection for a while.
   */
  async stalled(): Promise<void> {
    let before = -1;
    for (let same = 0; same < 10;) {
      const now = [...this.#open].reduce(
        (sum, { bytesWritten, writableLength }) =>
          sum + bytesWritten - writableLength,
        0,
      );
      same = now === before ? same + 1 : 0;
      before = now;
      await delay(10);
    }
  }
}
