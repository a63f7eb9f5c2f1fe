import { read } from 'node:fs';
import { type IncomingMessage, type ServerResponse } from 'node:http';

/**
 * Reads exactly `length` bytes; the kernel may give fewer at a time.
 *
 * @internal
 */
export function readFully(
  descriptor: number,
  buffer: Buffer,
  length: number,
  position: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let done = 0;
    const next = (): void => {
      read(
        descriptor,
        buffer,
        done,
        length - done,
        position + done,
        (error, bytes) => {
          if (error) return reject(error);
          if (bytes === 0) return reject(new Error('The file ended early'));
          done += bytes;
          if (done === length) resolve();
          else next();
        },
      );
    };
    next();
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
    response.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
