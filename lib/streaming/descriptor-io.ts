import { read, readSync } from 'node:fs';

import { type Awaitable } from '../storages/file-stat.js';
import { diskPace } from '../storages/local-disk.js';

// As much and more is read by the pool, while the last chunk is being sent.
const LARGE = 256 * 1024;

/**
 * Reads exactly `length` bytes; the kernel may give fewer at a time.
 *
 * @param done bytes that are in the buffer already
 * @returns a promise where the thread pool reads
 * @throws where the file ends early
 * @internal
 */
export function readFully(
  descriptor: number,
  buffer: Buffer,
  length: number,
  position: number,
  done = 0,
): Awaitable<void> {
  while (done < length) {
    const at = [done, length - done, position + done] as const;
    const read = readSome(descriptor, buffer, ...at);
    if (typeof read !== 'number') {
      const before = done;
      return read.then((bytes) =>
        readFully(descriptor, buffer, length, position, before + some(bytes)),
      );
    }
    done += some(read);
  }
}

function some(bytes: number): number {
  if (bytes === 0) throw new Error('The file ended early');
  return bytes;
}

function readSome(
  ...given: [
    descriptor: number,
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ]
): Awaitable<number> {
  return given[3] >= LARGE
    ? readInPool(...given)
    : diskPace.call(
        () => readSync(...given),
        () => readInPool(...given),
      );
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
