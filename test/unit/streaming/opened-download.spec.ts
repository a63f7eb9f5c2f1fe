import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DownloadFile, LocalFile } from 'nestjs-downloadview';

import { planMultipart } from '../../../lib/http/range.js';
import {
  type FileStat,
  type ReadWindow,
} from '../../../lib/storages/file-stat.js';
import { openDownload } from '../../../lib/streaming/opened-download.js';
import { LocalBody } from '../../../lib/streaming/local-body.js';
import { bytesOf, textOf } from '../../support/clients/bytes-of.js';
import { descriptorsClosed } from '../../support/files/open-descriptors.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';

const TEXT = '0123456789';
const { signal } = new AbortController();
const CLIENT = { signal };
const RANGE = { start: 2, end: 4 };
const PLAN = planMultipart(
  [RANGE, { start: 7, end: 9 }],
  TEXT.length,
  'text/plain',
  'b',
);
const PARTS = [
  '\r\n--b\r\nContent-Type: text/plain\r\nContent-Range: bytes 2-4/10\r\n\r\n234',
  '\r\n--b\r\nContent-Type: text/plain\r\nContent-Range: bytes 7-9/10\r\n\r\n789',
  '\r\n--b--\r\n',
];

type Open = (window: ReadWindow) => Readable;
const ofText: Open = ({ start = 0, end = 9 }) =>
  Readable.from([Buffer.from(TEXT.slice(start, end + 1))]);

/** A file that tells what it is asked for. */
function fileOf(stat: FileStat, open = ofText, more?: Partial<DownloadFile>) {
  const asked: ReadWindow[] = [];
  const file: DownloadFile = {
    name: 'a.txt',
    stat: () => stat,
    open: (window = {}) => {
      asked.push(window);
      return open(window);
    },
    ...more,
  };
  return { file, asked };
}

async function readable(
  source: Readable | LocalBody | Promise<Readable | LocalBody>,
): Promise<Readable> {
  const body = await source;
  return body instanceof LocalBody ? body.toReadable() : body;
}

describe('openDownload of a local file', () => {
  let directory: TemporaryDirectory;
  let path: string;
  beforeAll(async () => {
    directory = await temporaryDirectory();
    path = await directory.write('a.txt', TEXT);
  });
  afterAll(() => directory.remove());

  it('has all its bytes out of one open file', async () => {
    const hold = () => openDownload(new LocalFile(path), CLIENT);
    const opened = await hold();
    expect(opened.stat.size).toBe(10);
    expect(opened.mostRanges).toBe(50);
    expect(await textOf(await readable(opened.whole()))).toBe(TEXT);
    const ranged = await (await hold()).range(RANGE);
    expect(await textOf(await readable(ranged))).toBe('234');
    const several = await (await hold()).multipart(PLAN);
    const bytes = await bytesOf(await readable(several));
    expect(bytes.toString()).toBe(PARTS.join(''));
    expect(bytes).toHaveLength(PLAN.length);
    await descriptorsClosed(path);
  });

  it('has no bytes of an empty one', async () => {
    const empty = new LocalFile(await directory.write('empty', ''));
    const opened = await openDownload(empty, CLIENT);
    expect(await opened.whole()).toMatchObject({ segments: [] });
    expect(await bytesOf(await readable(opened.whole()))).toHaveLength(0);
    await descriptorsClosed(empty.path);
  });

  it('lets go of it unread', async () => {
    const opened = await openDownload(new LocalFile(path), CLIENT);
    await opened.close();
    await descriptorsClosed(path);
  });
});

describe('openDownload of a file that is opened by its tag', () => {
  it.each([
    ['"v1"', '"v1"'],
    ['W/"v1"', undefined],
    [undefined, undefined],
  ])('with the tag %s wants that of %s', async (etag, ifMatch) => {
    const { file, asked } = fileOf({ size: 10, etag });
    const opened = await openDownload(file, CLIENT);
    expect(asked).toHaveLength(0);
    await opened.whole();
    await opened.range(RANGE);
    expect(asked).toEqual([
      { ifMatch, signal },
      { ...RANGE, ifMatch, signal },
    ]);
    await opened.close();
  });

  it.each([
    [undefined, 8],
    [true, 8],
    [false, 0],
  ])('that says %p of ranges serves %d in one answer', async (says, most) => {
    const { file } = fileOf({}, ofText, { acceptsRanges: says });
    expect((await openDownload(file, CLIENT)).mostRanges).toBe(most);
  });

  it('makes no signal where nobody is asked for bytes', async () => {
    const client = {
      get signal(): AbortSignal {
        throw new Error('Nobody listens');
      },
    };
    await openDownload(fileOf({}).file, client);
  });

  it('opens each range when its turn comes, the first before the answer begins', async () => {
    const { file, asked } = fileOf({ size: 10, etag: '"v1"' });
    const opened = await openDownload(file, CLIENT);
    const several = await readable(opened.multipart(PLAN));
    expect(asked).toEqual([{ ...RANGE, ifMatch: '"v1"', signal }]);
    expect(await textOf(several)).toBe(PARTS.join(''));
    expect(asked).toHaveLength(2);
    expect(asked[1]).toMatchObject({ start: 7, end: 9, ifMatch: '"v1"' });
  });
});

describe('several ranges of a file that is opened by its tag', () => {
  async function several(open: Open): Promise<Readable> {
    const opened = await openDownload(fileOf({}, open).file, CLIENT);
    return readable(opened.multipart(PLAN));
  }

  it('fail before the answer begins where the first cannot be opened', async () => {
    const failing = several(() => {
      throw new Error('changed');
    });
    await expect(failing).rejects.toThrow('changed');
  });

  it.each([2, 7])(
    'end the one that waits for its storage, from byte %d, when the client leaves',
    async (stalled) => {
      const waiting = new Readable({ read: () => stream.destroy() });
      const stream = await several((window) =>
        window.start === stalled ? waiting : ofText(window),
      );
      stream.resume();
      await once(waiting, 'close');
    },
  );

  it('fail on the way where a later one cannot be opened', async () => {
    const stream = await several((window) => {
      if (window.start === 7) throw new Error('changed');
      return ofText(window);
    });
    await expect(bytesOf(stream)).rejects.toThrow('changed');
  });

  it('let go of the first where nobody reads them', async () => {
    const first = new PassThrough();
    const stream = await several(() => first);
    stream.destroy();
    await once(stream, 'close');
    expect(first.destroyed).toBe(true);
  });

  it('fail where the first fails before anybody reads', async () => {
    const first = new PassThrough();
    const stream = await several(() => first);
    first.destroy(new Error('EIO'));
    // Without a listener of ours: an error that nobody listens to ends the process.
    await new Promise(setImmediate);
    await expect(bytesOf(stream)).rejects.toThrow('EIO');
  });
});
