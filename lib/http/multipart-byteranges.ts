import { randomBytes } from 'node:crypto';
import { validateHeaderValue } from 'node:http';
import { contentRange } from './content-range.js';
import type { ByteRange } from './range.js';

const BOUNDARY_BYTES = 16;

/**
 * The body of a 206 with several ranges, RFC 9110 section 14.6: of each part the head and then
 * the bytes of its range, and at last the tail.
 *
 * @internal
 */
export interface MultipartPlan {
  boundary: string;
  /** Content-Type of the whole answer; that of the file stands in the parts. */
  contentType: string;
  /** Content-Length: all heads, all ranges and the tail. */
  length: number;
  parts: { head: Buffer; range: ByteRange }[];
  tail: Buffer;
}

/**
 * Plans a multipart/byteranges body, RFC 9110 section 14.6 and RFC 2046 section 5.1.1.
 *
 * @param contentType the Content-Type that the whole file would have.
 * @throws TypeError for a Content-Type that no header can hold.
 * @internal
 */
export function planMultipart(
  ranges: ByteRange[],
  size: number,
  contentType: string,
  boundary: string,
): MultipartPlan {
  // These header lines stand in a body, where Node does not check them.
  validateHeaderValue('Content-Type', contentType);
  const parts = ranges.map((range) => ({
    head: Buffer.from(
      // The line break belongs to the boundary, not to the bytes before it. nginx and Apache send it before
      // the first one too, and zsync waits for it.
      `\r\n--${boundary}\r\n` +
        `Content-Type: ${contentType}\r\n` +
        `Content-Range: ${contentRange(range, size)}\r\n\r\n`,
      'latin1',
    ),
    range,
  }));
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1');
  return {
    boundary,
    contentType: `multipart/byteranges; boundary=${boundary}`,
    length: parts.reduce(
      (sum, { head, range }) => sum + head.length + range.end - range.start + 1,
      tail.length,
    ),
    parts,
    tail,
  };
}

/**
 * A boundary that nobody can guess and put into a file, RFC 2046 section 5.1.1: 128 random bits,
 * in characters that need no quotes in Content-Type.
 *
 * @internal
 */
export function randomBoundary(): string {
  return randomBytes(BOUNDARY_BYTES).toString('hex');
}
