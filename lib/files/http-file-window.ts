import { Readable } from 'node:stream';

/**
 * Whether a Content-Range (RFC 9110 14.4) is the range that was asked for.
 *
 * @internal
 */
export function isRange(
  value: string | string[] | undefined,
  start: number,
  end: number | undefined,
): boolean {
  const [, first, last] =
    /^bytes (\d{1,15})-(\d{1,15})\//.exec(String(value)) ?? [];
  return Number(first) === start && (end === undefined || Number(last) === end);
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
  async function* bytes(): AsyncGenerator<Uint8Array> {
    let position = 0;
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      const from = Math.max(start - position, 0);
      const to = end + 1 - position;
      position += chunk.length;
      if (from < chunk.length) yield chunk.subarray(from, to);
      if (position > end) return;
    }
  }
  return Readable.from(bytes(), { objectMode: false });
}
