import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, type Socket } from 'node:net';

import { RawClient, type RawRequest } from './raw-client.js';

/** One connection whose requests nobody answers but the test. */
export class Conversation {
  private constructor(
    readonly server: Server,
    readonly client: RawClient,
    readonly responses: readonly ServerResponse[],
  ) {}

  /** Settles when all requests have arrived; all but the first wait for their turn. */
  static async begin(
    requests: readonly RawRequest[] = [{ path: '/' }],
  ): Promise<Conversation> {
    const responses: ServerResponse[] = [];
    const server = createServer().listen(0, '127.0.0.1');
    const arrived = new Promise<void>((resolve) => {
      server.on('request', (_, response: ServerResponse) => {
        responses.push(response);
        if (responses.length === requests.length) resolve();
      });
    });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = await RawClient.connect(port);
    await client.send(...requests);
    await arrived;
    return new Conversation(server, client, responses);
  }

  /** The answer to the first request. */
  get response(): ServerResponse {
    return this.responses[0];
  }

  /** The server's end of the connection. */
  get socket(): Socket {
    return this.response.req.socket;
  }

  async close(): Promise<void> {
    await this.client.leave();
    this.server.closeAllConnections();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }
}
