import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';

import { InvalidOptionsError } from '../errors/download-errors.js';
import { letGo } from './virtual-file-source.js';

const begun = new WeakSet<object>();

/**
 * Marks a source that can be read once as being read. A second client would get an empty file that looks
 * whole.
 *
 * @param option where it was given: `VirtualFile.source`
 * @param remedy what to give instead, as code
 * @throws InvalidOptionsError for one that was read before, or is being read by somebody else
 * @internal
 */
export function readOnce(
  source: unknown,
  option: string,
  remedy: string,
): void {
  if (!isOnce(source)) return;
  const given = kindOf(source);
  if (begun.has(source) || wasRead(source)) {
    throw new InvalidOptionsError(
      option,
      given,
      `It was read before. Give a function that makes a new one: ${remedy}.`,
    );
  }
  if (source instanceof ReadableStream && source.locked) {
    throw new InvalidOptionsError(
      option,
      given,
      'It is locked: somebody else reads it. Release its reader, or give one branch of its tee().',
    );
  }
  begun.add(source);
}

/**
 * Ends a source that was handed in and that nobody reads. One that is being read ends by itself.
 *
 * @internal
 */
export function discardUnread(source: unknown): void {
  if (source instanceof Readable) letGo(source);
  if (!isOnce(source) || begun.has(source)) return;
  if (source instanceof ReadableStream && source.locked) return;
  begun.add(source);
  letGo(source);
}

function isOnce(source: unknown): source is object {
  return (
    typeof source === 'object' &&
    source !== null &&
    (source instanceof Readable ||
      source instanceof ReadableStream ||
      'next' in source)
  );
}

function wasRead(source: object): boolean {
  if (source instanceof Readable) return source.readableEnded;
  return (
    source instanceof ReadableStream &&
    // Of web streams, too, which its type does not know.
    Readable.isDisturbed(source as never)
  );
}

function kindOf(source: object): string {
  if (source instanceof Readable) return 'a stream';
  return source instanceof ReadableStream
    ? 'a web stream'
    : 'a generator object';
}
