import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';

import { type OnModuleDestroy } from '@nestjs/common';

/** Stands for somebody else's server, so that the sample needs no network. */
export class PartnerServer implements OnModuleDestroy {
  private constructor(private readonly server: Server) {}

  static async start(): Promise<PartnerServer> {
    const server = createServer((request, response) => {
      const known = request.url === '/prices.csv';
      response.statusCode = known ? 200 : 404;
      response.setHeader('Content-Type', 'text/csv');
      response.end(known ? 'item,price\nbook,12.50\n' : undefined);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new PartnerServer(server);
  }

  get host(): string {
    const { address, port } = this.server.address() as AddressInfo;
    return `${address}:${port}`;
  }

  onModuleDestroy(): void {
    this.server.close();
  }
}
