import { Readable } from 'node:stream';

import { type Dispatcher } from 'undici';

import {
  FileNotFoundError,
  RemoteFileError,
} from '../errors/download-errors.js';
import {
  answersRange,
  parseContentRange,
  type ByteRange,
  parseRangeSet,
  type RangeSpec,
} from '../http/range.js';
import { parseMediaType } from '../http/media-type.js';
import { type FileStat } from '../storages/file-stat.js';
import { type RemoteAnswer, type RemoteConditions } from './download-file.js';
import {
  fieldOf,
  type RemoteHeaders,
  statOfHeaders,
  validatorsOf,
} from './http-file-headers.js';

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
