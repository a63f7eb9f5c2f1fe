import { Agent, request } from 'node:http';

import { type HttpAnswer } from './http-client.js';

export interface KeptRequest {
  readonly method?: string;
  /** Several values go out as several lines. */
  readonly headers?: Record<string, string | string[]>;
}

/**
 * One connection for many requests, one after the other. An answer that is longer or shorter than it says
 * spoils the next one.
 */
export class KeptConnection {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #ports = new Set<number | undefined>();

  constructor(private readonly port: number) {}

  /** How many connections were needed. */
  get connections(): number {
    return this.#ports.size;
  }

  send(
    path: string,
    { method = 'GET', headers }: KeptRequest = {},
  ): Promise<HttpAnswer> {
    const { port } = this;
    return new Promise((resolve, reject) => {
      request(
        {
          host: '127.0.0.1',
          port,
          path,
          method,
          headers,
          agent: this.#agent,
        },
        (incoming) => {
          this.#ports.add(incoming.socket.localPort);
          const chunks: Buffer[] = [];
          incoming
            .on('data', (chunk: Buffer) => chunks.push(chunk))
            .on('error', reject)
            .on('end', () => {
              const body = Buffer.concat(chunks);
              resolve({
                status: incoming.statusCode ?? 0,
                headers: incoming.headers,
                rawHeaders: incoming.rawHeaders,
                body,
                text: body.toString(),
              });
            });
        },
      )
        .on('error', reject)
        .end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
