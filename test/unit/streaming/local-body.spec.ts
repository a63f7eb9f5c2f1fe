import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { truncate, utimes } from 'node:fs/promises';

import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';

import { diskPace } from '../../../lib/storages/local-disk.js';
import {
  openLocalFile,
  type OpenFile,
  withStat,
} from '../../../lib/storages/local-descriptor.js';
import {
  type BodySegment,
  LocalBody,
} from '../../../lib/streaming/local-body.js';
import { bytesOf } from '../../support/clients/bytes-of.js';
import { Conversation } from '../../support/clients/conversation.js';
import { LentBuffers } from '../../support/leaks.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';

const KIB = 1024;
// Larger chunks, and the second buffer, come after 12 MiB.
const BYTES = randomBytes(14 * 1024 * KIB);

let directory: TemporaryDirectory;
let path: string;
beforeAll(async () => (directory = await temporaryDirectory()));
afterAll(() => directory.remove());

let lent: LentBuffers;
let conversation: Conversation;
beforeEach(async () => {
  lent = new LentBuffers();
  conversation = await Conversation.begin();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await conversation.close();
  lent.stop();
});

const range = (end: number, start = 0): BodySegment => ({ start, end });

/** A body out of a file of that many bytes, and how often that was closed. */
async function bodyOf(
  size: number,
  segments: BodySegment[] = [range(size - 1)],
  changes?: Partial<OpenFile>,
) {
  path = await directory.write('a.bin', BYTES.subarray(0, size));
  const open = await openLocalFile(path);
  const file = { ...withStat(open, open.stat), ...changes };
  const close = jest.spyOn(file, 'close');
  const integrity = jest.spyOn(file, 'integrity');
  return { body: new LocalBody(file, segments), close, integrity };
}

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

/** What is wrong once the file is described. */
const FAULTS: [string, () => Promise<unknown>, string][] = [
  ['ends early', () => truncate(path, 10), 'The file ended early'],
  [
    'was written over',
    () => utimes(path, 0, 0),
    'The file was changed while it was being sent',
  ],
];
const SIZES = [1, 4 * KIB, 64 * KIB, 256 * KIB, 256 * KIB + 1, 700 * KIB];

/** @throws also what is thrown at once */
async function send(body: LocalBody): Promise<void> {
  const { response } = conversation;
  await body.sendTo(response, () => response.destroyed);
}

describe.each([
  ['at once', fastDisk],
  ['in the pool', slowDisk],
])('LocalBody.sendTo, reading %s', (_, prepare) => {
  it.each([...SIZES, BYTES.length])('sends all of %d bytes', async (size) => {
    prepare();
    const { body, close } = await bodyOf(size);
    const { response, client } = conversation;
    response.setHeader('Content-Length', size);
    const closed = once(response, 'close');
    const [, [answer]] = await Promise.all([send(body), client.answers('GET')]);
    expect(answer?.body.equals(BYTES.subarray(0, size))).toBe(true);
    await closed;
    expect(close).toHaveBeenCalledTimes(1);
    body.close();
    expect(close).toHaveBeenCalledTimes(1);
    expect(lent.count).toBe(0);
  });

  it.each(FAULTS)('fails where a small file %s', async (_, spoil, message) => {
    prepare();
    const { body, close } = await bodyOf(100 * KIB);
    await spoil();
    await expect(send(body)).rejects.toThrow(message);
    expect(conversation.response.headersSent).toBe(false);
    expect(close).toHaveBeenCalledTimes(1);
    expect(lent.count).toBe(0);
  });

  it.each(FAULTS)(
    'holds the last bytes back where a large file %s',
    async (_, spoil, message) => {
      prepare();
      const { body, close } = await bodyOf(700 * KIB);
      await spoil();
      const sent = jest.spyOn(conversation.response, 'write');
      await expect(send(body)).rejects.toThrow(message);
      const bytes = sent.mock.calls.reduce(
        (sum, [chunk]) => sum + (chunk as Uint8Array).length,
        0,
      );
      expect(bytes).toBeLessThan(700 * KIB);
      expect(conversation.response.writableEnded).toBe(false);
      expect(close).toHaveBeenCalledTimes(1);
      expect(lent.count).toBe(0);
    },
  );

  it.each([100 * KIB, 700 * KIB])(
    'fails where %d bytes cannot be read',
    async (size) => {
      prepare();
      const unreadable = { descriptor: 2 ** 30 };
      const { body, close } = await bodyOf(size, undefined, unreadable);
      await expect(send(body)).rejects.toMatchObject({ code: 'EBADF' });
      expect(close).toHaveBeenCalledTimes(1);
      expect(lent.count).toBe(0);
    },
  );

  it.each([1, 1000 * KIB, 13 * 1024 * KIB])(
    'lets go of all when the client leaves after %d bytes',
    async (taken) => {
      prepare();
      const { body, close } = await bodyOf(BYTES.length);
      const { client } = conversation;
      const sending = send(body).catch(() => undefined);
      for (let bytes = 0; bytes < taken;) {
        bytes += (await client.readALittle()).length;
      }
      await client.leave();
      await sending;
      expect(close).toHaveBeenCalledTimes(1);
      expect(lent.count).toBe(0);
    },
  );
});

describe('LocalBody.sendTo', () => {
  it('sends pieces and ranges in their order', async () => {
    const { body, close } = await bodyOf(700 * KIB, [
      Buffer.from('head'),
      range(9, 5),
      Buffer.from('between'),
      range(600 * KIB),
      Buffer.from('tail'),
    ]);
    const [, [answer]] = await Promise.all([
      send(body),
      conversation.client.answers('GET'),
    ]);
    const expected = [
      Buffer.from('head'),
      BYTES.subarray(5, 10),
      Buffer.from('between'),
      BYTES.subarray(0, 600 * KIB + 1),
      Buffer.from('tail'),
    ];
    expect(answer?.body.equals(Buffer.concat(expected))).toBe(true);
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('ends an answer without any bytes', async () => {
    const { body, close } = await bodyOf(0, []);
    await send(body);
    const [answer] = await conversation.client.answers('GET');
    expect(answer?.body).toHaveLength(0);
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('sends what was described of a file that has grown', async () => {
    const { body } = await bodyOf(1000);
    await directory.write('a.bin', BYTES.subarray(0, 2000));
    await send(body);
    const [answer] = await conversation.client.answers('GET');
    expect(answer?.body).toEqual(BYTES.subarray(0, 1000));
  });

  it('neither ends nor writes an answer that others have stopped', async () => {
    const { body, close } = await bodyOf(700 * KIB);
    await body.sendTo(conversation.response, () => true);
    expect(conversation.response.headersSent).toBe(false);
    expect(conversation.response.writableEnded).toBe(false);
    expect(close).toHaveBeenCalledTimes(1);
  });
});

describe('LocalBody.close', () => {
  it.each([100 * KIB, 700 * KIB])(
    'waits for a read of %d bytes, after which nobody asks the file anything',
    async (size) => {
      slowDisk();
      const { body, close, integrity } = await bodyOf(size);
      const sending = send(body);
      body.close();
      body.close();
      expect(close).not.toHaveBeenCalled();
      await expect(sending).rejects.toThrow('The file is closed');
      expect(close).toHaveBeenCalledTimes(1);
      expect(integrity).not.toHaveBeenCalled();
      expect(conversation.response.writableEnded).toBe(false);
      expect(lent.count).toBe(0);
    },
  );

  it.each([100 * KIB, 700 * KIB])(
    'lets nobody read %d bytes any more',
    async (size) => {
      const { body, close } = await bodyOf(size);
      body.close();
      await expect(send(body)).rejects.toThrow('The file is closed');
      await expect(bytesOf(body.toReadable())).rejects.toThrow();
      expect(close).toHaveBeenCalledTimes(1);
      expect(lent.count).toBe(0);
    },
  );
});

describe('LocalBody.toReadable', () => {
  it.each(SIZES)('gives all of %d bytes', async (size) => {
    const { body, close } = await bodyOf(size, [
      range(size - 1),
      Buffer.from('tail'),
    ]);
    const bytes = await bytesOf(body.toReadable());
    expect(bytes.subarray(0, size).equals(BYTES.subarray(0, size))).toBe(true);
    expect(bytes.subarray(size).toString()).toBe('tail');
    expect(close).toHaveBeenCalledTimes(1);
  });

  it.each(FAULTS)('fails where the file %s', async (_, spoil, message) => {
    const { body, close } = await bodyOf(100 * KIB);
    await spoil();
    const stream = body.toReadable();
    await expect(bytesOf(stream)).rejects.toThrow(message);
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('lets go of the file when it is destroyed on the way', async () => {
    const { body, close } = await bodyOf(700 * KIB);
    const stream = body.toReadable();
    await once(stream, 'readable');
    stream.destroy();
    await once(stream, 'close');
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('fails where the file is closed under a read, and asks it nothing', async () => {
    slowDisk();
    const { body, close, integrity } = await bodyOf(10);
    const stream = body.toReadable();
    stream.read();
    body.close();
    expect(close).not.toHaveBeenCalled();
    await expect(bytesOf(stream)).rejects.toThrow('The file is closed');
    expect(close).toHaveBeenCalledTimes(1);
    expect(integrity).not.toHaveBeenCalled();
  });
});
