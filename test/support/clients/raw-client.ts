import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { HttpMessages, type HttpMessage } from './http-messages.js';

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How a connection ended, and what had arrived by then. */
export interface ConnectionEnd {
  readonly bytes: Buffer;
  /** `ECONNRESET`, or undefined after an orderly end. */
  readonly code?: string;
}

/** A client that says itself when it reads: bytes wait in the buffers of both ends until it does. */
export class RawClient {
  readonly #chunks: Buffer[] = [];
  readonly #ended: Promise<string | undefined>;

  private constructor(readonly socket: Socket) {
    this.#ended = new Promise((resolve) => {
      let code: string | undefined;
      socket
        .on('error', (error: NodeJS.ErrnoException) => (code = error.code))
        .once('end', () => {
          // libuv may take a reset for an orderly end; a write shows which of the two it was.
          socket.write('?', (error) => {
            if (error) code ??= 'ECONNRESET';
            socket.destroy();
          });
        })
        .once('close', () => resolve(code === 'EPIPE' ? 'ECONNRESET' : code));
    });
    socket.pause().on('data', (chunk: Buffer) => this.#chunks.push(chunk));
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({
      port,
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Requests in one piece, the later ones without waiting for the first answer. */
  send(...requests: readonly RawRequest[]): Promise<void> {
    const text = requests.map(textOf).join('');
    return new Promise((resolve) => {
      // A client that is gone before it could write has left, too.
      this.socket.write(text, () => resolve());
    });
  }

  /** Reads until something has arrived, and then nothing any more. */
  async readALittle(): Promise<Buffer> {
    const arrived = once(this.socket, 'data') as Promise<[Buffer]>;
    this.socket.resume();
    const [chunk] = await arrived;
    this.socket.pause();
    return chunk;
  }

  /** Reads on until the answers to these requests have arrived. */
  async answers(...methods: readonly string[]): Promise<HttpMessage[]> {
    const messages = new HttpMessages(methods);
    for (const chunk of this.#chunks.splice(0)) messages.take(chunk);
    const take = (chunk: Buffer): void => messages.take(chunk);
    this.socket.on('data', take).resume();
    try {
      while (!messages.isComplete) {
        const gone = this.#ended.then((code) => {
          throw new Error(`The connection ended: ${code ?? 'in order'}`);
        });
        await Promise.race([once(this.socket, 'data'), gone]);
      }
    } finally {
      this.socket.off('data', take).pause();
    }
    this.#chunks.length = 0;
    return messages.all();
  }

  /** Reads on until the connection ends. */
  async end(): Promise<ConnectionEnd> {
    this.socket.resume();
    const code = await this.#ended;
    return { bytes: Buffer.concat(this.#chunks), code };
  }

  async leave(): Promise<void> {
    this.socket.destroy();
    await this.#ended;
  }
}

function textOf({ method = 'GET', path, headers = {} }: RawRequest): string {
  const fields = Object.entries({ Host: 'test', ...headers });
  return [
    `${method} ${path} HTTP/1.1`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
    '\r\n',
  ].join('\r\n');
}
