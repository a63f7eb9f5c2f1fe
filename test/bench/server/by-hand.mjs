// What a download costs at least in Nest: a handler that does the same work as the library, and leaves all else out.
import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readlinkSync,
  readSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';

const { O_RDONLY, O_NONBLOCK } = constants;
const BIGINT = { bigint: true };

/** Opens a file below a directory, and looks where it lies. */
function open(directory, name) {
  const descriptor = openSync(join(directory, name), O_RDONLY | O_NONBLOCK);
  const stats = fstatSync(descriptor, BIGINT);
  const place = readlinkSync(`/proc/self/fd/${descriptor}`);
  if (!stats.isFile() || !place.startsWith(`${directory}/`)) {
    closeSync(descriptor);
    throw new Error(`${place} is not to be handed out`);
  }
  return { descriptor, stats, place };
}

const tagOf = ({ mtimeNs, size }) => `"${mtimeNs}-${size}"`;

/** What a 304 says, too. */
function setKeptHeaders(response, stats) {
  response.setHeader('Cache-Control', 'private, no-cache, no-transform');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Security-Policy', "default-src 'none'; sandbox");
  response.setHeader('ETag', tagOf(stats));
}

function setHeaders(response, name, stats, length) {
  response.setHeader('Content-Type', 'application/octet-stream');
  response.setHeader('Content-Disposition', `attachment; filename="${name}"`);
  setKeptHeaders(response, stats);
  response.setHeader('Last-Modified', stats.mtime.toUTCString());
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('Content-Length', String(length));
}

/** The bytes that a request asks for, in the one form that the bench asks in. */
function rangeOf({ range }, size) {
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  return start === undefined
    ? { start: 0, end: size - 1 }
    : { start: Number(start), end: Number(end) };
}

/** Nest pipes what it gets: the moment when the head may be written. */
class Answer extends Readable {
  #send;

  constructor(send) {
    super();
    this.#send = send;
  }

  pipe(response) {
    this.#send(response);
    // Fastify waits for it, and would log an error for each answer.
    if (this.listenerCount('end') > 0) this.resume();
    return response;
  }

  _read() {
    this.push(null);
  }
}

const answer = (send) => new StreamableFile(new Answer(send));

/**
 * The file, or a range of it: open, fstat, readlink, read, fstat, close, nine or ten headers, one end. For a client that
 * has it already: open, fstat, readlink, close, four headers, an end without a body.
 */
export function sentByHand(directory, name, { headers }) {
  const { descriptor, stats } = open(directory, name);
  if (headers['if-none-match'] === tagOf(stats)) {
    closeSync(descriptor);
    return answer((response) => {
      response.statusCode = 304;
      setKeptHeaders(response, stats);
      response.end();
    });
  }
  return answer((response) => {
    const size = Number(stats.size);
    const { start, end } = rangeOf(headers, size);
    const length = end - start + 1;
    const bytes = Buffer.allocUnsafe(length);
    readSync(descriptor, bytes, 0, length, start);
    const { mtimeNs } = fstatSync(descriptor, BIGINT);
    closeSync(descriptor);
    if (mtimeNs !== stats.mtimeNs) throw new Error('The file has changed');
    setHeaders(response, name, stats, length);
    if (length < size) {
      response.statusCode = 206;
      response.setHeader('Content-Range', `bytes ${start}-${end}/${size}`);
    }
    response.end(bytes);
  });
}

/** The file for nginx: open, fstat, readlink, close, the headers, an end without a body. */
export function offloadedByHand(directory, name) {
  const { descriptor, place } = open(directory, name);
  closeSync(descriptor);
  return answer((response) => {
    response.setHeader('Content-Type', 'application/octet-stream');
    response.setHeader('Content-Disposition', `attachment; filename="${name}"`);
    response.setHeader('Cache-Control', 'private, no-cache, no-transform');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader(
      'Content-Security-Policy',
      "default-src 'none'; sandbox",
    );
    const below = place.slice(directory.length + 1);
    response.setHeader(
      'X-Accel-Redirect',
      `/_offload/${encodeURIComponent(below)}`,
    );
    // By which the line in the server's log is found again.
    response.setHeader('X-Download-Id', randomUUID());
    response.setHeader('Content-Length', '0');
    response.end();
  });
}
