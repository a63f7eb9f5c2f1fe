import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';

import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';

type Offset = [offset: number, length: number, position: number];
type Told = (error: Error | null, bytes: number, buffer: Buffer) => void;

/** What the kernel gives at a time; no file system here gives less than was asked for by itself. */
let most = Infinity;
let calls: ('at once' | 'in the pool')[] = [];
const atMost = ([offset, length, position]: Offset): Offset => [
  offset,
  Math.min(length, most),
  position,
];
jest.unstable_mockModule('node:fs', () => ({
  ...fs,
  readSync: (descriptor: number, buffer: Buffer, ...window: Offset) => {
    calls.push('at once');
    return fs.readSync(descriptor, buffer, ...atMost(window));
  },
  read: (
    ...[descriptor, buffer, ...rest]: [number, Buffer, ...Offset, Told]
  ) => {
    calls.push('in the pool');
    const [offset, length, position, told] = rest;
    const window = atMost([offset, length, position]);
    fs.read(descriptor, buffer, ...window, told);
  },
}));
const { readFully } = await import('../../../lib/streaming/local-body.js');
const { diskPace } = await import('../../../lib/storages/local-disk.js');

const LARGE = 256 * 1024;
const BYTES = randomBytes(LARGE + 10);

let directory: TemporaryDirectory;
let file: FileHandle;
beforeAll(async () => {
  directory = await temporaryDirectory();
  file = await open(await directory.write('a.bin', BYTES));
});
afterAll(async () => {
  await file.close();
  await directory.remove();
});
afterEach(() => {
  most = Infinity;
  calls = [];
  jest.restoreAllMocks();
});

/** As long as no read has to wait for the disk. */
function fastDisk(): void {
  jest
    .spyOn(diskPace, 'call')
    .mockImplementation((atOnce, _, ...given) => atOnce(...given));
}

/** As after a read that had to wait for the disk. */
function slowDisk(): void {
  jest
    .spyOn(diskPace, 'call')
    .mockImplementation((_, inPool, ...given) => inPool(...given));
}

const WAYS: [string, () => void][] = [
  ['at once', fastDisk],
  ['in the pool', slowDisk],
];

describe.each(WAYS)('readFully, %s', (way, prepare) => {
  it('reads what it is told to, and leaves the rest of the buffer', async () => {
    prepare();
    const buffer = Buffer.alloc(12);
    await readFully(file.fd, buffer, 10, 5);
    expect(buffer.subarray(0, 10)).toEqual(BYTES.subarray(5, 15));
    expect(buffer.subarray(10)).toEqual(Buffer.alloc(2));
    expect(calls).toEqual([way]);
  });

  it('goes on where the kernel gives less', async () => {
    prepare();
    most = 4;
    const buffer = Buffer.alloc(10);
    await readFully(file.fd, buffer, 10, 5);
    expect(buffer).toEqual(BYTES.subarray(5, 15));
    expect(calls).toHaveLength(3);
  });

  it('adds to what is in the buffer already', async () => {
    prepare();
    const buffer = Buffer.alloc(10);
    await readFully(file.fd, buffer, 10, 5, 4);
    const added = BYTES.subarray(9, 15);
    expect(buffer).toEqual(Buffer.concat([Buffer.alloc(4), added]));
  });

  it('reads nothing where nothing is missing', () => {
    prepare();
    expect(readFully(file.fd, Buffer.alloc(4), 4, 0, 4)).toBeUndefined();
    expect(calls).toHaveLength(0);
  });

  it('fails where the file ends early', async () => {
    prepare();
    const reading = async (): Promise<void> =>
      readFully(file.fd, Buffer.alloc(20), 20, BYTES.length - 10);
    await expect(reading()).rejects.toThrow('The file ended early');
    expect(calls).toHaveLength(2);
  });

  it('fails where the file cannot be read', async () => {
    prepare();
    const reading = async (): Promise<void> =>
      readFully(2 ** 30, Buffer.alloc(10), 10, 0);
    await expect(reading()).rejects.toMatchObject({ code: 'EBADF' });
  });
});

describe('readFully', () => {
  it('makes no promise where a few bytes are in memory', () => {
    fastDisk();
    expect(readFully(file.fd, Buffer.alloc(10), 10, 0)).toBeUndefined();
  });

  it('leaves much to the pool, until little of it is missing', async () => {
    fastDisk();
    const buffer = Buffer.alloc(LARGE);
    await readFully(file.fd, buffer, LARGE, 1);
    expect(buffer.equals(BYTES.subarray(1, LARGE + 1))).toBe(true);
    most = 100;
    await readFully(file.fd, buffer, LARGE, 10, LARGE - 200);
    expect(buffer.subarray(-200)).toEqual(BYTES.subarray(-200));
    expect(calls).toEqual(['in the pool', 'at once', 'at once']);
  });
});
