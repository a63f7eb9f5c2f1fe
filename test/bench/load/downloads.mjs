import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import { AnswerReader } from './answer-reader.mjs';
import { requestText } from './request-text.mjs';

/** Seconds of one whole download. */
export async function secondsOfDownload({ port, path }) {
  const began = process.hrtime.bigint();
  await download(port, path);
  return Number(process.hrtime.bigint() - began) / 1e9;
}

/** Whole downloads by some clients at once; gives their number. */
export async function downloads({ port, path, clients }) {
  await Promise.all(
    Array.from({ length: clients }, () => download(port, path)),
  );
  return clients;
}

function download(port, path) {
  // Read into again and again: the client is to cost little beside the server.
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  return new Promise((resolve, reject) => {
    const reader = new AnswerReader({}, () => {
      socket.destroy();
      resolve();
    });
    const callback = (size) => {
      try {
        reader.take(buffer.subarray(0, size));
        return true;
      } catch (error) {
        socket.destroy(error);
        return false;
      }
    };
    const onread = { buffer, callback };
    const socket = connect({ port, host: '127.0.0.1', onread })
      .on('error', reject)
      .on('close', () => reject(new Error(`${path}: cut short`)));
    socket.write(requestText({ path }));
  });
}
