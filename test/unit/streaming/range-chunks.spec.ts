import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { readFully } from '../../../lib/streaming/local-body.js';
import {
  type Chunk,
  RangeChunks,
} from '../../../lib/streaming/chunk-buffers.js';
import { LentBuffers } from '../../support/leaks.js';

const KIB = 1024;
const MIB = 1024 * KIB;
/** As much has gone out to a client that keeps up. */
const MUCH = 12 * MIB;
const CHUNK = 256 * KIB;
const FAILED = new Error('EIO');

let lent: LentBuffers;
beforeEach(() => {
  lent = new LentBuffers();
});
afterEach(() => lent.stop());

/** Chunks of which each read is told, and may be made to wait or to fail. */
function chunksOf(
  range: { start: number; end: number },
  sent: number,
  during: (read: number) => void | Promise<void> = () => undefined,
) {
  const reads: [length: number, position: number][] = [];
  const chunks = new RangeChunks(range, sent, (buffer, length, position) => {
    buffer.fill(reads.length, 0, length);
    reads.push([length, position]);
    return during(reads.length);
  });
  return { chunks, reads };
}

const failsAt = (bad: number) => (read: number) => {
  if (read === bad) throw FAILED;
};
const rejectsAt = (bad: number) => async (read: number) => {
  if (read === bad) throw FAILED;
};

async function next(chunks: RangeChunks): Promise<Chunk> {
  const chunk = await chunks.next();
  if (!chunk) throw new Error('The range is over');
  return chunk;
}

describe('RangeChunks', () => {
  it('gives a range in order, and says which chunk is its last', async () => {
    const range = { start: 10, end: 10 + 128 * KIB };
    const { chunks, reads } = chunksOf(range, 0);
    const seen: [number, boolean][] = [];
    for (let chunk; (chunk = await chunks.next()); chunk.giveBack()) {
      seen.push([chunk.bytes.length, chunk.isLast]);
    }
    expect(seen).toEqual([
      [64 * KIB, false],
      [64 * KIB, false],
      [1, true],
    ]);
    expect(reads.map(([, position]) => position)).toEqual([
      10,
      10 + 64 * KIB,
      10 + 128 * KIB,
    ]);
    expect(await chunks.next()).toBeUndefined();
    expect(lent.count).toBe(0);
  });

  it('counts what went out of the answer before, and grows its chunks', async () => {
    const { chunks, reads } = chunksOf({ start: 0, end: 10 * MIB }, 31.9 * MIB);
    (await next(chunks)).giveBack();
    (await next(chunks)).giveBack();
    expect(reads.map(([length]) => length)).toEqual([CHUNK, MIB]);
  });

  it('reads nothing ahead for a client that has not kept up yet', () => {
    const { chunks, reads } = chunksOf({ start: 0, end: MIB }, MUCH - 1);
    chunks.readAhead();
    expect(reads).toHaveLength(0);
    expect(lent.count).toBe(0);
  });

  it('gives what was read ahead next, in a second buffer', async () => {
    const { chunks, reads } = chunksOf({ start: 0, end: MIB }, MUCH);
    const first = await next(chunks);
    chunks.readAhead();
    expect(reads).toHaveLength(2);
    const second = await next(chunks);
    expect(reads).toHaveLength(2);
    expect([first.bytes[0], second.bytes[0]]).toEqual([0, 1]);
    expect(second.bytes.buffer).not.toBe(first.bytes.buffer);
    first.giveBack();
    second.giveBack();
    expect((await next(chunks)).bytes[0]).toBe(2);
  });

  it('reads nothing ahead, and takes no buffer, at the end', async () => {
    const { chunks, reads } = chunksOf({ start: 0, end: 9 }, MUCH);
    (await next(chunks)).giveBack();
    chunks.readAhead();
    expect(reads).toHaveLength(1);
    expect(lent.count).toBe(0);
    expect(await chunks.next()).toBeUndefined();
  });
});

describe('the buffers of RangeChunks', () => {
  it.each([
    ['throws', failsAt(1)],
    ['rejects', rejectsAt(1)],
  ])('are given back where a read %s', async (_, fails) => {
    const { chunks } = chunksOf({ start: 0, end: MIB }, MUCH, fails);
    await expect(chunks.next()).rejects.toBe(FAILED);
    expect(lent.count).toBe(0);
  });

  it.each([
    ['throws', failsAt(2)],
    ['rejects', rejectsAt(2)],
  ])('are given back where a read ahead %s', async (_, fails) => {
    const { chunks } = chunksOf({ start: 0, end: MIB }, MUCH, fails);
    (await next(chunks)).giveBack();
    chunks.readAhead();
    // Nobody has asked for the chunk yet; jest fails for a rejection that nobody handles.
    await new Promise(setImmediate);
    expect(lent.count).toBe(0);
    await expect(chunks.next()).rejects.toBe(FAILED);
    await chunks.close();
    expect(lent.count).toBe(0);
  });

  it('are given back where a read ahead fails and nobody asks any more', async () => {
    const { chunks } = chunksOf({ start: 0, end: MIB }, MUCH, rejectsAt(1));
    chunks.readAhead();
    await chunks.close();
    expect(lent.count).toBe(0);
  });

  it('are given back with what was read ahead, once the read is over', async () => {
    let finish = (): void => undefined;
    const reading = new Promise<void>((resolve) => (finish = resolve));
    const { chunks } = chunksOf({ start: 0, end: MIB }, MUCH, () => reading);
    chunks.readAhead();
    const closing = chunks.close();
    await new Promise(setImmediate);
    expect(lent.count).toBe(1);
    finish();
    await closing;
    expect(lent.count).toBe(0);
  });

  it('are given back once where it is closed twice', async () => {
    const { chunks } = chunksOf({ start: 0, end: MIB }, MUCH);
    chunks.readAhead();
    await Promise.all([chunks.close(), chunks.close()]);
    expect(lent.count).toBe(0);
  });

  it('are not touched by a close with nothing read ahead', async () => {
    const { chunks } = chunksOf({ start: 0, end: MIB }, MUCH);
    const chunk = await next(chunks);
    await chunks.close();
    expect(lent.count).toBe(1);
    chunk.giveBack();
  });
});

describe('an error of the system while RangeChunks read ahead', () => {
  it('surfaces where the chunk is asked for', async () => {
    const chunks = new RangeChunks({ start: 0, end: MIB }, MUCH, (...given) =>
      readFully(2 ** 30, ...given),
    );
    chunks.readAhead();
    await expect(chunks.next()).rejects.toMatchObject({ code: 'EBADF' });
    expect(lent.count).toBe(0);
  });
});
