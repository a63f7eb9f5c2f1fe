import { read, readSync } from 'node:fs';
import { type IncomingMessage, type ServerResponse } from 'node:http';

import { diskPace } from '../storages/disk-pace.js';

import { whenClosed } from './when-closed.js';

// More is read by the pool while the last chunk is being sent.
const AT_ONCE = 64 * 1024;

/**
 * Reads exactly `length` bytes; the kernel may give fewer at a time.
 *
 * @throws where the file ends early
 * @internal
 */
export async function readFully(
  descriptor: number,
  buffer: Buffer,
  length: number,
  position: number,
): Promise<void> {
  for (let done = 0; done < length;) {
    const at = [done, length - done, position + done] as const;
    const bytes = await (length > AT_ONCE
      ? readInPool(descriptor, buffer, ...at)
      : diskPace.call(
          () => readSync(descriptor, buffer, ...at),
          () => readInPool(descriptor, buffer, ...at),
        ));
    if (bytes === 0) throw new Error('The file ended early');
    done += bytes;
  }
}

function readInPool(
  descriptor: number,
  buffer: Buffer,
  offset: number,
  length: number,
  position: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, buffer, offset, length, position, (error, bytes) =>
      error ? reject(error) : resolve(bytes),
    );
  });
}

/**
 * Writes bytes to a response. Only when the promise settles may they be changed.
 *
 * @internal
 */
export function written(
  response: ServerResponse<IncomingMessage>,
  bytes: Uint8Array,
): Promise<void> {
  return new Promise((resolve, reject) => {
    // One that waits for its turn on the connection, or comes when that is closing, never calls back.
    const forget = response.socket?.writable
      ? undefined
      : whenClosed(response, () => reject(new Error('The client has left')));
    response.write(bytes, (error) => {
      forget?.();
      if (error) reject(error);
      else resolve();
    });
  });
}
