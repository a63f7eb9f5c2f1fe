import { randomBytes } from 'node:crypto';

// What file systems give a name; object stores give more.
const LONGEST_NAME = 255;
const LONGEST_EXTENSION = 20;

/**
 * The same key with a random suffix before the extension: `reports/q3.pdf` becomes
 * `reports/q3_x7Fk2bQp.pdf`. A name that would get too long for a file system loses the end of its stem.
 *
 * @internal
 */
export function withRandomSuffix(key: string): string {
  const nameStart = key.lastIndexOf('/') + 1;
  const dot = key.lastIndexOf('.');
  const hasExtension = dot > nameStart && key.length - dot <= LONGEST_EXTENSION;
  const stemEnd = hasExtension ? dot : key.length;
  const end = `_${randomBytes(6).toString('base64url')}${key.slice(stemEnd)}`;
  const room = LONGEST_NAME - Buffer.byteLength(end);
  return (
    key.slice(0, nameStart) +
    firstBytes(key.slice(nameStart, stemEnd), room) +
    end
  );
}

/** `encodeInto` stops before a code point that does not fit, so none is ever split. */
function firstBytes(text: string, limit: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(limit));
  return text.slice(0, read);
}
