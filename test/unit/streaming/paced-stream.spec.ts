import { Readable } from 'node:stream';

import {
  afterEach,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';

import { PacedStream } from '../../../lib/streaming/paced-stream.js';

const RATE = 1000;
const TENTH = RATE / 10;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
});
afterEach(() => {
  jest.useRealTimers();
});

/** The streams have done what they can do at this time. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise(setImmediate);
  }
}

async function pass(milliseconds: number, step = 10): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += step) {
    jest.advanceTimersByTime(step);
    await settled();
  }
}

/** What a client got that takes everything at once. */
function taken(stream: PacedStream): number[] {
  const lengths: number[] = [];
  stream.on('data', (piece: Uint8Array) => lengths.push(piece.length));
  return lengths;
}

function sum(lengths: readonly number[]): number {
  return lengths.reduce((total, length) => total + length, 0);
}

/** More than anybody asks for. */
function endless(): Readable {
  return new Readable({
    read() {
      this.push(Buffer.alloc(64 * 1024));
    },
  });
}

describe('a paced stream', () => {
  it('keeps to its rate within 5 % over 10 s', async () => {
    const lengths = taken(new PacedStream(endless(), RATE));

    await pass(10_000);

    expect(sum(lengths)).toBeGreaterThanOrEqual(9_500);
    expect(sum(lengths)).toBeLessThanOrEqual(10_500);
  });

  it('keeps to its rate where timers are late', async () => {
    const lengths = taken(new PacedStream(endless(), RATE));

    await pass(10_000, 30);

    expect(sum(lengths)).toBeGreaterThanOrEqual(9_500);
    expect(sum(lengths)).toBeLessThanOrEqual(10_500);
  });

  it('sends at most a tenth of a second at once', async () => {
    const lengths = taken(new PacedStream(endless(), RATE));

    await pass(1_000);

    expect(Math.max(...lengths)).toBe(TENTH);
  });

  it.each([1, 7])('sends single bytes at %d a second', async (rate) => {
    const lengths = taken(new PacedStream(endless(), rate));

    await pass(10_000);

    expect(new Set(lengths)).toEqual(new Set([1]));
    expect(Math.abs(sum(lengths) - 10 * rate)).toBeLessThanOrEqual(1);
  });

  it('does not catch up in a burst after a client that took nothing for a while', async () => {
    const stream = new PacedStream(endless(), RATE);
    const lengths = taken(stream);
    stream.pause();
    await pass(10_000);
    const before = sum(lengths);

    stream.resume();
    await settled();

    // What was ready, the piece that is due, and one for timers that are late.
    expect(sum(lengths) - before).toBeLessThanOrEqual(3 * TENTH);
    await pass(1_000);
    expect(sum(lengths) - before).toBeLessThanOrEqual(RATE + 3 * TENTH);
  });

  it('gives all bytes in their order, and ends', async () => {
    const bytes = Buffer.from(Array.from({ length: 555 }, (_, at) => at % 251));
    const stream = new PacedStream(
      Readable.from([bytes.subarray(0, 7), bytes.subarray(7)], {
        objectMode: false,
      }),
      RATE,
    );
    const got: Uint8Array[] = [];
    let ended = false;
    stream.on('data', (piece: Uint8Array) => got.push(piece));
    stream.once('end', () => (ended = true));

    await pass(1_000);

    expect(Buffer.concat(got).equals(bytes)).toBe(true);
    expect(ended).toBe(true);
  });

  it('ends its timer and its source when it is destroyed', async () => {
    const source = endless();
    const stream = new PacedStream(source, RATE);
    taken(stream);
    await settled();
    expect(jest.getTimerCount()).toBe(1);

    stream.destroy();

    expect(jest.getTimerCount()).toBe(0);
    expect(source.destroyed).toBe(true);
  });

  it.each([
    [
      'fails',
      (source: Readable) => source.destroy(new Error('broken')),
      'broken',
    ],
    [
      'closes before its end',
      (source: Readable) => source.destroy(),
      'The source closed',
    ],
  ])('fails where its source %s', async (_title, spoil, message) => {
    const source = endless();
    const stream = new PacedStream(source, RATE);
    taken(stream);
    let error: Error | undefined;
    stream.on('error', (given) => (error = given));

    spoil(source);
    await settled();

    expect(error?.message).toBe(message);
    expect(jest.getTimerCount()).toBe(0);
  });
});
