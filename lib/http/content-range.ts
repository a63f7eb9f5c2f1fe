import type { ByteRange } from './range.js';

/**
 * Content-Range of a 206, or of one part of it, RFC 9110 section 14.4.
 *
 * @internal
 */
export function contentRange(range: ByteRange, size: number): string {
  return `bytes ${range.start}-${range.end}/${size}`;
}

/**
 * Content-Range of a 416, RFC 9110 section 15.5.17.
 *
 * @internal
 */
export function unsatisfiedRange(size: number): string {
  return `bytes */${size}`;
}
