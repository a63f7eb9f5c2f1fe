import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import { requestText } from './request-text.mjs';

const stalled = new Set();

/** Clients that read the first bytes of an answer, and then nothing more; gives their number. */
export async function stall({ port, path, clients }) {
  const opened = Array.from({ length: clients }, () =>
    stalledClient(port, path),
  );
  await Promise.all(opened);
  return clients;
}

/** Lets them go. */
export function releaseStalled() {
  for (const socket of stalled) socket.destroy();
  stalled.clear();
}

function stalledClient(port, path) {
  return new Promise((resolve, reject) => {
    const callback = () => {
      resolve();
      return false;
    };
    const onread = { buffer: Buffer.allocUnsafe(1024), callback };
    const socket = connect({ port, host: '127.0.0.1', onread }).on(
      'error',
      reject,
    );
    stalled.add(socket);
    socket.write(requestText({ path }));
  });
}
