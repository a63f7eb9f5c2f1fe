import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo } from 'node:net';

/** What came to the other server, as it came. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  /** `Name: value`, in the order and the case that they came in, but for Host and Connection. */
  readonly fields: readonly string[];
}

export type Answer = (
  response: ServerResponse,
  request: IncomingMessage,
) => unknown;

const OF_THE_CONNECTION = /^(?:host|connection): /i;

/** Another server, which answers what the test says, and keeps what it was asked. */
export class RemoteOrigin {
  readonly requests: SeenRequest[] = [];
  answer: Answer = (response) => response.end();

  readonly #server = createServer((request, response) => {
    this.requests.push({
      method: request.method ?? '',
      url: request.url ?? '',
      fields: fieldsOf(request),
    });
    this.answer(response, request);
  });

  static async start(): Promise<RemoteOrigin> {
    const origin = new RemoteOrigin();
    origin.#server.listen(0, '127.0.0.1');
    await once(origin.#server, 'listening');
    return origin;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `127.0.0.1:port` */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** From now on this is the answer, and nothing has been asked. */
  answers(answer: Answer): void {
    this.answer = answer;
    this.requests.length = 0;
  }

  /** The same with a head and a body that do not depend on the request; a 200 has a length. */
  sends(
    status: number,
    headers: Record<string, string | string[]>,
    body: string | Buffer = '',
  ): void {
    this.answers((response, { method }) => {
      const length = { 'Content-Length': String(Buffer.byteLength(body)) };
      response.writeHead(status, { ...(status === 200 && length), ...headers });
      response.end(method === 'HEAD' ? undefined : body);
    });
  }

  /** How many there are now. */
  connections(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.#server.getConnections((error, count) =>
        error ? reject(error) : resolve(count),
      ),
    );
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function fieldsOf({ rawHeaders }: IncomingMessage): string[] {
  const fields: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    fields.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`);
  }
  return fields.filter((field) => !OF_THE_CONNECTION.test(field));
}
