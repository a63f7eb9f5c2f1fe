import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request as ask,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

/** What came to a store, and what it answered. */
export interface CountedRequest {
  readonly method: string;
  /** Path and query, as they came. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  status?: number;
  /** Of the answer, as far as they were passed on. */
  bytes: number;
}

/** Keeps back what comes behind the first bytes of an answer. */
export interface Hold {
  readonly after: number;
  readonly until: Promise<unknown>;
}

export type InsteadOfStore = (
  request: IncomingMessage,
  response: ServerResponse,
) => boolean;

/**
 * Stands in front of a store and passes on what comes, with the name that it was asked under: signatures hold.
 */
export class CountingProxy {
  readonly requests: CountedRequest[] = [];
  /** Answers in place of the store, where it says so. */
  instead: InsteadOfStore = () => false;
  /** For the answers to requests that come from now on. */
  hold?: Hold;
  readonly #server = createServer((request, response) => {
    const counted: CountedRequest = {
      method: request.method ?? '',
      target: request.url ?? '',
      headers: request.headers,
      bytes: 0,
    };
    this.requests.push(counted);
    if (!this.instead(request, response)) {
      passOn(this.store, request, response, counted, this.hold);
    }
  });

  private constructor(private readonly store: string) {}

  static async start(store: string): Promise<CountingProxy> {
    const proxy = new CountingProxy(store);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** `http://127.0.0.1:port` */
  get endpoint(): string {
    return `http://${this.host}`;
  }

  get host(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `127.0.0.1:${port}`;
  }

  /** What has come since it was asked last: `GET 206`. */
  take(): string[] {
    return this.requests
      .splice(0)
      .map(({ method, status }) => `${method} ${status ?? '-'}`);
  }

  get connections(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.#server.getConnections((error, count) =>
        error ? reject(error) : resolve(count),
      ),
    );
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

function passOn(
  store: string,
  request: IncomingMessage,
  response: ServerResponse,
  counted: CountedRequest,
  hold: Hold | undefined,
): void {
  const { hostname, port } = new URL(store);
  const { method, url: path, headers } = request;
  // A connection of its own: what some stores send after an answer to HEAD belongs to no other answer.
  const onward = ask(
    { hostname, port, method, path, headers, agent: false },
    (answer) => {
      counted.status = answer.statusCode;
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.on('data', (chunk: Buffer) => (counted.bytes += chunk.length));
      if (hold) {
        const part = (chunks: AsyncIterable<Buffer>) => heldBack(chunks, hold);
        pipeline(answer, part, response, () => undefined);
      } else pipeline(answer, response, () => undefined);
    },
  );
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  pipeline(request, onward, () => undefined);
}

async function* heldBack(
  chunks: AsyncIterable<Buffer>,
  { after, until }: Hold,
): AsyncGenerator<Buffer> {
  let count = 0;
  for await (const chunk of chunks) {
    count += chunk.length;
    if (count > after) await until;
    yield chunk;
  }
}
