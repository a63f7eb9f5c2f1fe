import { Readable } from 'node:stream';

import { type Dispatcher } from 'undici';

import {
  RemoteFileError,
  FileNotFoundError,
} from '../errors/download-errors.js';
import {
  formatEntityTag,
  parseEntityTag,
  parseHttpDate,
} from '../http/preconditions.js';
import { receivedFileName } from '../http/content-disposition.js';
import { formatMediaType, parseMediaType } from '../http/media-type.js';
import {
  answersRange,
  parseContentRange,
  type ByteRange,
  parseRangeSet,
  type RangeSpec,
} from '../http/range.js';
import { type FileStat } from '../storages/file-stat.js';
import {
  type RemoteAnswer,
  type RemoteConditions,
} from '../storages/remote-answer.js';
import { generatedStream } from './virtual-file-source.js';

/**
 * The headers of a remote answer, by their names in lower case.
 *
 * @internal
 */
export type RemoteHeaders = Readonly<
  Record<string, string | string[] | undefined>
>;

const CODING = /^[\w!#$%&'*+.^`|~-]+$/;

/**
 * What the headers of a remote answer say about the file; what does not parse stays undefined.
 *
 * @throws RemoteFileError for a content coding that cannot be told to anybody, and for a transfer coding that
 *   nobody takes off: without it the bytes are something else
 * @internal
 */
export function statOfHeaders(headers: RemoteHeaders): FileStat {
  if (!membersOf(headers['transfer-encoding']).every(isChunked)) {
    throw new RemoteFileError('refused', 'A Transfer-Encoding cannot be read');
  }
  const type = parseMediaType(fieldOf(headers, 'content-type'));
  return {
    ...validatorsOf(headers),
    size: sizeOf(fieldOf(headers, 'content-length')),
    contentType: type && formatMediaType({ type: type.type }),
    charset: type?.charset,
    encoding: codingOf(headers['content-encoding']),
    name: receivedFileName(fieldOf(headers, 'content-disposition')),
    acceptsRanges: acceptsRanges(headers['accept-ranges']),
  };
}

/**
 * Tag and date alone.
 *
 * @internal
 */
export function validatorsOf(
  headers: RemoteHeaders,
): Pick<FileStat, 'etag' | 'lastModified'> {
  const tag = parseEntityTag(fieldOf(headers, 'etag') ?? '');
  return {
    lastModified: parseHttpDate(fieldOf(headers, 'last-modified')),
    etag: tag && formatEntityTag(tag),
  };
}

/**
 * A field that is there once; one that is there twice contradicts itself.
 *
 * @internal
 */
export function fieldOf(
  headers: RemoteHeaders,
  name: string,
): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function sizeOf(value: string | undefined): number | undefined {
  if (value === undefined || !/^\d{1,15}$/.test(value)) return undefined;
  return Number(value);
}

/** Asked for as identity; a server that compresses all the same is passed on as what it is. */
function codingOf(value: string | string[] | undefined): string | undefined {
  const codings = membersOf(value).filter((coding) => coding !== 'identity');
  if (codings.length === 0) return undefined;
  if (codings.every((coding) => CODING.test(coding))) return codings.join(', ');
  throw new RemoteFileError('refused', 'A Content-Encoding cannot be read');
}

function isChunked(coding: string): boolean {
  return coding === 'chunked';
}

function acceptsRanges(
  value: string | string[] | undefined,
): boolean | undefined {
  const units = membersOf(value);
  return units.length === 0 ? undefined : units.includes('bytes');
}

function membersOf(value: string | string[] | undefined): string[] {
  return [value ?? []]
    .flat()
    .join(',')
    .split(',')
    .map((member) => member.trim().toLowerCase())
    .filter((member) => member !== '');
}

/**
 * What a server answered to one question about a file, held against that question.
 *
 * @param address of the file, for messages
 * @throws FileNotFoundError for 404 and 410
 * @throws RemoteFileError with reason `refused` for every other status than 200, and for 206, 304 and 416
 *   where nobody asked for them or they contradict what was asked
 * @internal
 */
export function readAnswer(
  answer: Dispatcher.ResponseData,
  { range, ifNoneMatch, ifModifiedSince }: RemoteConditions,
  address: string,
): RemoteAnswer {
  const { statusCode: status, headers, body } = answer;
  if (status === 200)
    return { status, stat: statOfHeaders(headers), stream: body };
  if (status === 304 && (ifNoneMatch ?? ifModifiedSince) !== undefined) {
    return { status, stat: statOfHeaders(headers), stream: nothing() };
  }
  const [asked] = (range !== undefined && parseRangeSet(range, 1)) || [];
  if (asked && status === 206) {
    return { status, ...partOf(headers, asked, address), stream: body };
  }
  if (asked && status === 416) {
    return {
      status,
      stat: statOfNoRange(headers, asked, address),
      stream: nothing(),
    };
  }
  throw status === 404 || status === 410
    ? new FileNotFoundError(`${address} answered ${status}`)
    : new RemoteFileError('refused', `${address} answered ${status}`);
}

/**
 * A part that is the one that was asked for, and its whole.
 *
 * @throws RemoteFileError with reason `refused`
 * @internal
 */
export function partOf(
  headers: RemoteHeaders,
  asked: RangeSpec,
  address: string,
): { stat: FileStat; range: ByteRange } {
  const received = parseContentRange(fieldOf(headers, 'content-range'));
  const stat = statOfHeaders(headers);
  const type = parseMediaType(stat.contentType)?.type;
  if (
    !received?.range ||
    type === 'multipart/byteranges' ||
    !answersRange(received, asked) ||
    (stat.size ?? lengthOf(received.range)) !== lengthOf(received.range)
  ) {
    throw anotherRange(address);
  }
  return {
    stat: { ...stat, size: received.size, acceptsRanges: true },
    range: received.range,
  };
}

/** The body, and so its type and length, is about the error. */
function statOfNoRange(
  headers: RemoteHeaders,
  asked: RangeSpec,
  address: string,
): FileStat {
  const received = parseContentRange(fieldOf(headers, 'content-range'));
  if (received && (received.range || !answersRange(received, asked))) {
    throw anotherRange(address);
  }
  return { ...validatorsOf(headers), size: received?.size };
}

function lengthOf({ start, end }: ByteRange): number {
  return end - start + 1;
}

function nothing(): Readable {
  return Readable.from([]);
}

function anotherRange(address: string): RemoteFileError {
  return new RemoteFileError(
    'refused',
    `${address} answered another range than was asked for`,
  );
}

/**
 * Whether a server sent something of another file than it was asked for. Not every one knows If-Match
 * (RFC 9110 13.1.1), but most name what they send.
 *
 * @internal
 */
export function isAnother(
  etag: string | undefined,
  ifMatch: string | undefined,
): boolean {
  return etag !== undefined && ifMatch !== undefined && etag !== ifMatch;
}

/**
 * A window of a stream that gives everything.
 *
 * @param end inclusive
 * @internal
 */
export function windowOf(
  source: Readable,
  start: number,
  end = Infinity,
): Readable {
  async function* bytes(): AsyncGenerator<Uint8Array, void> {
    let position = 0;
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      const from = Math.max(start - position, 0);
      const to = end + 1 - position;
      position += chunk.length;
      if (from < chunk.length) yield chunk.subarray(from, to);
      if (position > end) return;
    }
  }
  return generatedFrom(source, bytes());
}

/**
 * A stream that ends with an error as soon as another gives more bytes than this.
 *
 * @internal
 */
export function limitedTo(
  most: number,
  source: Readable,
  tooLarge: () => Error,
): Readable {
  if (most === Infinity) return source;
  async function* bytes(): AsyncGenerator<Uint8Array, void> {
    let received = 0;
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      received += chunk.length;
      if (received > most) throw tooLarge();
      yield chunk;
    }
  }
  return generatedFrom(source, bytes());
}

/**
 * A stream that has its first bytes, or is over without any: what fails before is an error of the answer, and
 * not a cut in the middle of one.
 *
 * @throws what the stream fails with
 * @internal
 */
export async function begun(stream: Readable): Promise<Readable> {
  if (stream.errored) throw stream.errored;
  if (!stream.destroyed && !stream.readableEnded) await firstBytes(stream);
  return stream.readableEnded ? Readable.from([]) : stream;
}

function firstBytes(stream: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      stream.off('readable', settle).off('end', settle).off('close', settle);
      stream.off('error', reject);
      resolve();
    };
    stream.on('readable', settle).on('end', settle).on('close', settle);
    stream.on('error', reject);
  });
}

/** It may fail before anybody listens; who reads it then sees it. */
function generatedFrom(
  source: Readable,
  bytes: AsyncGenerator<Uint8Array, void>,
): Readable {
  return generatedStream(bytes, () => source.destroy()).on(
    'error',
    () => undefined,
  );
}
