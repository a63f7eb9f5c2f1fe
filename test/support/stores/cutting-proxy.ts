import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy {
  readonly origin: string;
  /** Cuts the connection that it holds up; from then on it lets everything pass. */
  cut(how: 'orderly' | 'by a reset'): void;
  close(): void;
}

/** Passes everything on to a port of this machine, but holds an answer up after so many bytes. */
export async function startCuttingProxy(
  port: number,
  most: number,
): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let left = most;
  let heldUp: Socket | undefined;
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    }
    client.pipe(upstream);
    upstream.pipe(client);
    upstream.on('data', ({ length }: Buffer) => {
      if (left <= 0) return;
      left -= length;
      if (left > 0) return;
      upstream.unpipe(client).destroy();
      heldUp = client;
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut(how) {
      if (how === 'orderly') heldUp?.end();
      else heldUp?.resetAndDestroy();
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
