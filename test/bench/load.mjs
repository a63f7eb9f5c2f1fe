// A client that costs little beside the server it measures: raw sockets, and no parsing but of the head.
import { connect } from 'node:net';
import { setTimeout } from 'node:timers';

const request = (method, path, headers = {}) =>
  `${method} ${path} HTTP/1.1\r\nHost: bench\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

/** Sends one request after the other on a connection, and calls back with each answer's bytes. */
function keepAsking(socket, next, onAnswer) {
  let missing = 0;
  let total = 0;
  let head = '';
  const ask = () => {
    const asked = next();
    if (asked) socket.write(asked.text);
    return asked;
  };
  let current = ask();
  socket.on('data', (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (missing > 0) {
        const taken = Math.min(missing, chunk.length - at);
        missing -= taken;
        at += taken;
      } else {
        head += chunk.latin1Slice(at);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        at = chunk.length - (head.length - end - 4);
        const status = Number(head.slice(9, 12));
        const length = /content-length: (\d+)/i.exec(head)?.[1];
        const isEmpty = current.method === 'HEAD' || status === 304;
        if (!isEmpty && length === undefined) {
          throw new Error(`No length in: ${head.slice(0, end)}`);
        }
        missing = isEmpty ? 0 : Number(length);
        total = missing;
        head = '';
        if (!current.expected.includes(status)) {
          throw new Error(`${status} for ${current.text}`);
        }
      }
      if (missing === 0 && head === '') {
        onAnswer(total);
        current = ask();
        if (!current) return;
      }
    }
  });
}

/** Requests per second over a number of connections. */
export function requestsPerSecond(port, choose, { connections = 32, seconds }) {
  return new Promise((resolve, reject) => {
    let answers = 0;
    let isOver = false;
    const sockets = Array.from({ length: connections }, () => {
      const socket = connect(port, '127.0.0.1').on('error', reject);
      keepAsking(
        socket,
        () => {
          if (isOver) return undefined;
          const { method = 'GET', path, headers, expected = [200] } = choose();
          return { text: request(method, path, headers), method, expected };
        },
        () => (answers += 1),
      );
      return socket;
    });
    const began = process.hrtime.bigint();
    setTimeout(() => {
      isOver = true;
      const elapsed = Number(process.hrtime.bigint() - began) / 1e9;
      for (const socket of sockets) socket.destroy();
      resolve(answers / elapsed);
    }, seconds * 1000);
  });
}

/** Bytes per second of whole downloads by some clients at once. */
export async function bytesPerSecond(port, path, clients = 1) {
  const began = process.hrtime.bigint();
  const sizes = await Promise.all(
    Array.from(
      { length: clients },
      () =>
        new Promise((resolve, reject) => {
          const socket = connect(port, '127.0.0.1').on('error', reject);
          let isAsked = false;
          keepAsking(
            socket,
            () => {
              if (isAsked) return undefined;
              isAsked = true;
              return {
                text: request('GET', path),
                method: 'GET',
                expected: [200],
              };
            },
            (bytes) => {
              socket.destroy();
              resolve(bytes);
            },
          );
        }),
    ),
  );
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  return sizes.reduce((sum, size) => sum + size, 0) / seconds;
}

/** Clients that ask and then read nothing; resolves with a function that lets them go. */
export async function stalledClients(port, path, clients) {
  const sockets = await Promise.all(
    Array.from(
      { length: clients },
      () =>
        new Promise((resolve, reject) => {
          const socket = connect({ port, host: '127.0.0.1' })
            .on('error', reject)
            .once('readable', () => resolve(socket));
          socket.write(request('GET', path));
        }),
    ),
  );
  return () => sockets.forEach((socket) => socket.destroy());
}
