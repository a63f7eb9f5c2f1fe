import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  chunkBuffer,
  type LentBuffer,
  ONE_PIECE,
  pieceBuffer,
  spareBuffer,
} from '../../../lib/streaming/chunk-buffers.js';
import { LentBuffers } from '../../support/leaks.js';

const KIB = 1024;
const MIB = 1024 * KIB;

let pools: LentBuffers;
let lent: LentBuffer[];
beforeEach(() => {
  pools = new LentBuffers();
  lent = [];
});
afterEach(() => {
  for (const buffer of lent) buffer.giveBack();
  pools.stop();
});

function kept(buffer: LentBuffer): Buffer {
  lent.push(buffer);
  return buffer.buffer;
}

/** Sizes of all second buffers that there are at this point of an answer. */
function allSpare(sent: number): number[] {
  const sizes: number[] = [];
  for (let spare; (spare = spareBuffer(sent));) sizes.push(kept(spare).length);
  return sizes;
}

const times = (count: number, size: number): number[] =>
  new Array<number>(count).fill(size);

describe('chunkBuffer', () => {
  it.each([
    [0, 64 * KIB],
    [12 * MIB - 1, 64 * KIB],
    [12 * MIB, 256 * KIB],
    [32 * MIB - 1, 256 * KIB],
    [32 * MIB, MIB],
  ])('gives a client that has taken %d bytes a chunk of %d', (sent, size) => {
    expect(kept(chunkBuffer(sent))).toHaveLength(size);
  });

  it('gives a small one where all of the large ones are lent', () => {
    allSpare(32 * MIB);
    expect(kept(chunkBuffer(32 * MIB))).toHaveLength(64 * KIB);
  });

  it('gives every client a buffer of its own', () => {
    const buffers = times(200, 0).map((sent) => kept(chunkBuffer(sent)).buffer);
    expect(new Set(buffers).size).toBe(200);
  });

  it('lends a buffer that was given back again', () => {
    const first = chunkBuffer(0);
    first.giveBack();
    expect(kept(chunkBuffer(0))).toBe(first.buffer);
  });
});

describe('spareBuffer', () => {
  it('has none for a client that has not kept up yet', () => {
    expect(spareBuffer(12 * MIB - 1)).toBeUndefined();
    expect(pools.count).toBe(0);
  });

  it('has a limited number of them for the whole process', () => {
    expect(allSpare(12 * MIB)).toEqual(times(128, 256 * KIB));
  });

  it('turns to smaller ones where the large ones are lent', () => {
    expect(allSpare(32 * MIB)).toEqual([
      ...times(32, MIB),
      ...times(128, 256 * KIB),
    ]);
  });

  it('has one again as soon as one is given back', () => {
    allSpare(12 * MIB);
    lent.pop()?.giveBack();
    expect(allSpare(12 * MIB)).toHaveLength(1);
  });
});

describe('pieceBuffer', () => {
  it.each([
    [1, 1],
    [4 * KIB, 4 * KIB],
    [4 * KIB + 1, 64 * KIB],
    [64 * KIB, 64 * KIB],
    [64 * KIB + 1, 256 * KIB],
    [ONE_PIECE, 256 * KIB],
  ])('holds a file of %d bytes in a buffer of %d', (size, length) => {
    expect(kept(pieceBuffer(size))).toHaveLength(length);
  });

  it('takes no buffer of the pools for a few bytes', () => {
    kept(pieceBuffer(4 * KIB));
    expect(pools.count).toBe(0);
    kept(pieceBuffer(4 * KIB + 1));
    expect(pools.count).toBe(1);
  });

  it('makes one of exactly the size where all are lent', () => {
    allSpare(12 * MIB);
    const before = pools.count;
    const piece = pieceBuffer(100 * KIB);
    expect(piece.buffer).toHaveLength(100 * KIB);
    piece.giveBack();
    expect(pools.count).toBe(before);
  });
});
