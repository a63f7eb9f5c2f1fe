import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';

import { describe, expect, it } from '@jest/globals';

import { DownloadStream } from '../../../lib/streaming/download-stream.js';
import { bytesOf } from '../../support/clients/bytes-of.js';

function streamOf(body: Readable | undefined, size?: number) {
  const told: string[] = [];
  const stream = new DownloadStream(body, size, {
    begin: () => told.push('begin'),
    begun: () => told.push('begun'),
    fail: ({ message }) => told.push(message),
  });
  return { stream, told };
}

const source = (...chunks: string[]): Readable =>
  Readable.from(chunks.map((chunk) => Buffer.from(chunk)));

describe('DownloadStream', () => {
  it.each([[undefined], [10]])(
    'passes on all bytes (size: %p)',
    async (size) => {
      const { stream, told } = streamOf(source('01234', '56789'), size);
      expect((await bytesOf(stream)).toString()).toBe('0123456789');
      expect(told).toEqual([]);
    },
  );

  it('ends at once where there is no body', async () => {
    expect(await bytesOf(streamOf(undefined).stream)).toHaveLength(0);
  });

  it('pulls nothing before it is read', async () => {
    let pulled = 0;
    const body = new Readable({ read: () => (pulled += 1) });
    const { stream } = streamOf(body);
    await new Promise(setImmediate);
    expect(pulled).toBe(0);
    stream.destroy();
  });

  it('tells when it begins and when it has begun', async () => {
    const { stream, told } = streamOf(source('abc'));
    const out = stream.pipe(new PassThrough());
    expect(told).toEqual(['begin', 'begun']);
    expect((await bytesOf(out)).toString()).toBe('abc');
  });

  it.each([
    ['fewer bytes', source('0123'), '1 bytes are missing'],
    [
      'more bytes',
      source('01234', '5'),
      'The source gave more bytes than its size',
    ],
    [
      'more bytes in one chunk',
      source('012345'),
      'The source gave more bytes than its size',
    ],
  ])('fails for %s than were promised', async (_, body, message) => {
    const { stream, told } = streamOf(body, 5);
    await expect(bytesOf(stream)).rejects.toThrow();
    expect(told).toEqual([message]);
    expect(body.destroyed).toBe(true);
  });

  it('holds the last bytes back until the source has ended', async () => {
    const body = new PassThrough();
    const { stream } = streamOf(body, 10);
    const chunks: string[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
    body.write('01234');
    body.write('56789');
    await new Promise(setImmediate);
    expect(chunks.join('')).toBe('01234');
    body.end();
    await once(stream, 'end');
    expect(chunks.join('')).toBe('0123456789');
  });

  it.each<[string, (body: PassThrough) => unknown, string]>([
    ['fails', (body) => body.destroy(new Error('EIO')), 'EIO'],
    ['is closed', (body) => body.destroy(), 'The source closed'],
  ])('fails where its source %s', async (_, end, message) => {
    const body = new PassThrough();
    const { stream, told } = streamOf(body);
    stream.once('data', () => end(body));
    body.write('abc');
    await expect(once(stream, 'end')).rejects.toThrow();
    expect(told).toEqual([message]);
  });

  it('fails where its source has failed before it is read', async () => {
    const body = new PassThrough();
    const { stream, told } = streamOf(body);
    body.destroy(new Error('EIO'));
    await expect(once(stream, 'close')).rejects.toThrow();
    expect(told).toEqual(['EIO']);
  });

  it('destroys its source, read or not', () => {
    const body = new PassThrough();
    streamOf(body).stream.destroy();
    expect(body.destroyed).toBe(true);
  });
});
