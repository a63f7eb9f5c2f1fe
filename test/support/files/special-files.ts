import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { createServer } from 'node:net';

/** A FIFO that nobody writes to: a plain open() of it waits for ever. */
export function makeFifo(path: string): void {
  execFileSync('mkfifo', [path]);
}

/** Wakes every open() that waits for the FIFO: a process whose threads wait cannot even end. */
export function wakeFifo(path: string): void {
  closeSync(openSync(path, constants.O_RDWR | constants.O_NONBLOCK));
}

/** The file of a listening Unix socket, until it is closed. */
export async function makeSocket(path: string): Promise<() => void> {
  const server = createServer().listen(path);
  await once(server, 'listening');
  return () => server.close();
}
