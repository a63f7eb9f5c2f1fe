import { Readable } from 'node:stream';

import { type Awaitable } from '../storages/awaitable.js';

/**
 * A stream whose source is made when somebody reads it, not before.
 *
 * @internal
 */
export function lazyStream(open: () => Awaitable<Readable>): Readable {
  async function* bytes(): AsyncGenerator<unknown> {
    yield* await open();
  }
  return Readable.from(bytes(), { objectMode: false });
}
