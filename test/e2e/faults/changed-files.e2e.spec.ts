import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFile,
  open,
  rename,
  rm,
  stat,
  truncate,
  utimes,
} from 'node:fs/promises';
import { promisify } from 'node:util';

import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { sendfile } from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { descriptorsClosed } from '../../support/files/open-descriptors.js';
import { RawClient } from '../../support/clients/raw-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';
import { headersOf, standBetween, type Way, WAYS } from '../../support/ways.js';

// More than the socket buffers of both ends swallow: what a client that pauses has not got is unread.
const SIZE = 16 * 1024 * 1024;
const BYTES = randomBytes(SIZE);
const OTHER_BYTES = randomBytes(SIZE);
const SMALL = randomBytes(1000);

type Change = (path: string) => Promise<void>;

const HARMLESS: Record<string, Change> = {
  'renamed over': async (path) => {
    const next = await open(`${path}.next`, 'w');
    await next.writeFile(OTHER_BYTES);
    await next.close();
    await rename(`${path}.next`, path);
  },
  deleted: (path) => rm(path),
  'appended to': (path) => appendFile(path, OTHER_BYTES),
};

const HARMFUL: Record<string, Change> = {
  'truncated to nothing': (path) => truncate(path),
  'truncated by one byte': (path) => truncate(path, SIZE - 1),
  'overwritten at the same size': (path) => overwrite(path, OTHER_BYTES, 0),
  'overwritten in its last byte': (path) =>
    overwrite(path, Buffer.from([~BYTES[SIZE - 1] & 255]), SIZE - 1),
  'overwritten in its first byte': (path) =>
    overwrite(path, Buffer.from([~BYTES[0] & 255]), 0),
  'truncated and filled again': async (path) => {
    await truncate(path);
    await overwrite(path, OTHER_BYTES, 0);
  },
  'overwritten with more than it had': (path) =>
    overwrite(path, Buffer.concat([OTHER_BYTES, SMALL]), 0),
  'overwritten, with its time set back to the nanosecond': async (path) => {
    await promisify(execFile)('cp', ['-p', path, `${path}.before`]);
    await overwrite(path, OTHER_BYTES, 0);
    await promisify(execFile)('touch', ['-r', `${path}.before`, path]);
  },
  'overwritten, with its time set back': async (path) => {
    const { atime, mtime } = await stat(path);
    await overwrite(path, OTHER_BYTES, 0);
    await utimes(path, atime, mtime);
  },
};

async function overwrite(
  path: string,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, position);
  await file.close();
}

/** Of a whole file all is tried, of ranges one change of each kind. */
const SHAPES: [title: string, range: string | undefined, changes: string[]][] =
  [
    ['the whole file', undefined, Object.keys(HARMFUL)],
    [
      'one range',
      `bytes=1-${SIZE - 1}`,
      ['truncated by one byte', 'overwritten in its last byte'],
    ],
    [
      'two ranges',
      `bytes=0-99,1000-${SIZE - 1}`,
      ['truncated to nothing', 'overwritten, with its time set back'],
    ],
  ];

/** Every change on each way and on each adapter, but not on each of both. */
const ALL_OF = /^(?:straight on express|as a stream on fastify)$/;
const A_FEW = {
  harmless: ['renamed over'],
  harmful: ['truncated to nothing', 'overwritten in its last byte'],
};

describe.each(ADAPTERS)('a file that changes under way on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let running: RunningApplication;
  let path: string;
  let client: RawClient;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await directory.write('small.bin', SMALL);

    @Controller()
    class FilesController {
      @Get('large')
      large() {
        return sendfile(path);
      }

      @Get('small')
      small() {
        return sendfile(`${directory.path}/small.bin`);
      }
    }

    running = await startApplication(adapter, {
      controllers: [FilesController],
      configure: standBetween,
    });
  });

  beforeEach(async () => {
    path = await directory.write('large.bin', BYTES);
    client = await RawClient.connect(running.port);
  });

  afterEach(() => client.leave());

  afterAll(async () => {
    await running.close();
    await directory.remove();
  });

  async function ask(way: Way, range?: string): Promise<void> {
    const headers = { ...headersOf(way), ...(range && { Range: range }) };
    await client.send({ path: '/large', headers });
    await client.readALittle();
  }

  describe.each(WAYS)('sent %s', (way) => {
    const isAll = ALL_OF.test(`${way} on ${adapter}`);

    it.each(isAll ? Object.keys(HARMLESS) : A_FEW.harmless)(
      'arrives as it was when it is %s, and leaves the connection in frame',
      async (title) => {
        await ask(way);
        await HARMLESS[title](path);
        const [answer] = await client.answers('GET');
        expect(answer?.status).toBe(200);
        expect(BYTES.equals(answer.body)).toBe(true);
        await descriptorsClosed(path);
        await descriptorsClosed(`${path} (deleted)`);

        await client.send({ path: '/small', headers: headersOf(way) });
        const [next] = await client.answers('GET');
        expect(SMALL.equals(next.body)).toBe(true);
      },
    );

    describe.each(SHAPES)('asked for as %s', (_title, range, all) => {
      const changes = isAll
        ? all
        : all.filter((title) => A_FEW.harmful.includes(title));
      it.each(changes)('ends in a reset when it is %s', async (change) => {
        await ask(way, range);
        await HARMFUL[change](path);
        const { code, bytes } = await client.end();
        expect(code).toBe('ECONNRESET');
        expect(bytes.length).toBeLessThan(SIZE);
        await descriptorsClosed(path);
      });
    });

    it('is served anew after the reset', async () => {
      await ask(way);
      await HARMFUL['overwritten at the same size'](path);
      await client.end();
      const next = await RawClient.connect(running.port);
      await next.send({ path: '/large', headers: headersOf(way) });
      const [answer] = await next.answers('GET');
      await next.leave();
      expect(OTHER_BYTES.equals(answer.body)).toBe(true);
    });
  });
});
