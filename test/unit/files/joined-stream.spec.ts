import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';

import { describe, expect, it, jest } from '@jest/globals';

import { joinedStream } from '../../../lib/files/virtual-file-source.js';
import { textOf } from '../../support/clients/bytes-of.js';

const BYTES = Buffer.from('bytes,');
const streamOf = (text: string): Readable => Readable.from([Buffer.from(text)]);

describe('joinedStream', () => {
  it('gives one piece after the other', async () => {
    const pieces = [BYTES, streamOf('stream,'), () => streamOf('opened')];
    expect(await textOf(joinedStream(pieces))).toBe('bytes,stream,opened');
  });

  it('opens a piece when its turn comes', async () => {
    const open = jest.fn(() => streamOf('second'));
    const first = new PassThrough();
    const stream = joinedStream([first, open]);
    stream.resume();
    first.write('first,');
    await once(stream, 'data');
    expect(open).not.toHaveBeenCalled();
    first.end();
    await once(stream, 'end');
    expect(open).toHaveBeenCalledTimes(1);
  });

  it('closes the piece that it waits for when nobody reads on', async () => {
    const waiting = new Readable({ read: () => stream.destroy() });
    const stream = joinedStream([BYTES, () => waiting]);
    stream.resume();
    await once(waiting, 'close');
  });

  it('closes a piece that is opened when nobody reads on any more', async () => {
    const late = new PassThrough();
    const stream = joinedStream([
      () => {
        stream.destroy();
        return late;
      },
    ]);
    stream.resume();
    await once(late, 'close');
  });

  it('closes pieces whose turn never came, and lets them fail before it', async () => {
    const unread = new PassThrough();
    const failed = new PassThrough();
    const stream = joinedStream([BYTES, unread, failed]);
    failed.destroy(new Error('gone'));
    stream.destroy();
    await once(unread, 'close');
  });

  it('fails where a piece cannot be opened', async () => {
    const failing = () => Promise.reject(new Error('gone'));
    const stream = joinedStream([BYTES, failing]);
    await expect(textOf(stream)).rejects.toThrow('gone');
  });
});
