import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

import { mediaTypeOf } from '../http/media-type.js';
import { type StorageContent } from './download-storage.js';
import { bytesOrPieces } from './object-content.js';
import { type NewObject, type ObjectStore } from './object-store.js';
import { lastSegment, withRandomSuffix } from './storage-key.js';

const MOST_CONFLICTS = 10;
const CONFLICT_PAUSE = 20;

/**
 * How objects get into a store without one taking the place of another: by the condition that stores know,
 * where this one heeds it and the content can be sent once more; else under a name that nobody else has.
 *
 * @internal
 */
export class NewObjects {
  constructor(
    private readonly store: ObjectStore,
    private readonly objectOf: (key: string) => string,
  ) {}

  /** @returns the key that it got */
  async add(key: string, content: StorageContent): Promise<string> {
    const bytes = await bytesOrPieces(content, this.store.partSize);
    const contentType = mediaTypeOf(lastSegment(key));
    if (!Buffer.isBuffer(bytes)) {
      // Where it turns out to be taken, the content cannot be read once more.
      const free = withRandomSuffix(key);
      const how = { contentType, onlyIfFree: false };
      await this.store.upload(this.objectOf(free), streamOf(bytes), how);
      return free;
    }
    const onlyIfFree = await this.store.hasConditionalWrites();
    const how = { contentType, onlyIfFree };
    let free = onlyIfFree ? key : withRandomSuffix(key);
    while (!(await this.#isPut(free, bytes, how))) free = withRandomSuffix(key);
    return free;
  }

  /**
   * Under this key, unless it is taken, or is taken meanwhile. Of a store without conditional writes nobody learns that, if
   * it is the very same moment.
   */
  async keep(
    key: string,
    content: StorageContent,
    isTaken: () => Promise<boolean>,
  ): Promise<void> {
    if (await isTaken()) return;
    const bytes = await bytesOrPieces(content, this.store.partSize);
    const contentType = mediaTypeOf(lastSegment(key));
    const onlyIfFree = await this.store.hasConditionalWrites();
    const how = { contentType, onlyIfFree };
    if (Buffer.isBuffer(bytes)) {
      await this.#isPut(key, bytes, how);
      return;
    }
    const stream = streamOf(whileFree(bytes, isTaken));
    try {
      await this.store.upload(this.objectOf(key), stream, how);
    } catch (error) {
      const isOver =
        stream.errored instanceof TakenMeanwhile ||
        this.store.refusalOf(error).kind === 'precondition-failed';
      if (!isOver) throw error;
    }
  }

  /** Whether it is there now; false where the key is taken. */
  async #isPut(key: string, bytes: Buffer, how: NewObject): Promise<boolean> {
    const object = this.objectOf(key);
    for (let conflicts = 0; ; conflicts += 1) {
      try {
        await this.store.put(object, bytes, how);
        return true;
      } catch (error) {
        const { kind } = this.store.refusalOf(error);
        if (kind === 'precondition-failed' && how.onlyIfFree) return false;
        // Somebody else writes it just now, and may fail.
        if (kind !== 'conflict' || conflicts === MOST_CONFLICTS) throw error;
        await delay(CONFLICT_PAUSE * (conflicts + 1));
      }
    }
  }
}

class TakenMeanwhile extends Error {}

/** Not every store heeds the condition on what comes in parts, and they take their time. */
async function* whileFree(
  pieces: AsyncIterable<Buffer>,
  isTaken: () => Promise<boolean>,
): AsyncGenerator<Buffer, void> {
  yield* pieces;
  if (await isTaken()) throw new TakenMeanwhile();
}

function streamOf(pieces: AsyncIterable<Buffer>): Readable {
  return Readable.from(pieces, { highWaterMark: 1 });
}
