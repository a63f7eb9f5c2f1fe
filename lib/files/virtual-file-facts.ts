import { InvalidOptionsError } from '../errors/download-errors.js';
import { toEntityTag } from '../http/entity-tag.js';
import { type FileStat } from '../storages/file-stat.js';

/**
 * What the application says of content that it has or makes itself.
 *
 * @internal
 */
export interface ToldFacts {
  readonly name: string;
  readonly size?: number;
  readonly lastModified?: Date;
  readonly etag?: string;
}

/**
 * Checks what a wrapper of generated content is told, and gives it as facts.
 *
 * @param owner the wrapper, for messages: `VirtualFile`
 * @throws InvalidOptionsError
 * @internal
 */
export function toldFacts(owner: string, options: ToldFacts): FileStat {
  const { name, size, lastModified, etag } = checked(owner, options);
  const wrong = (option: string, value: unknown, accepted: string): Error =>
    new InvalidOptionsError(`${owner}.${option}`, value, accepted);
  if (typeof name !== 'string') {
    throw wrong('name', name, "Give the name for the client: 'report.csv'.");
  }
  if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0)) {
    throw wrong('size', size, 'Give whole bytes, or leave it out.');
  }
  if (lastModified !== undefined && !isTime(lastModified)) {
    const accepted = 'Give a Date, or leave it out.';
    throw wrong('lastModified', lastModified, accepted);
  }
  if (etag !== undefined && typeof etag !== 'string') {
    throw wrong('etag', etag, 'Give a string, or leave it out.');
  }
  return { size, lastModified, etag: toEntityTag(etag ?? '') };
}

function checked(owner: string, options: unknown): Partial<ToldFacts> {
  if (typeof options === 'object' && options !== null) return options;
  throw new InvalidOptionsError(owner, options, "Give { name: 'report.csv' }.");
}

function isTime(value: unknown): boolean {
  return value instanceof Date && !Number.isNaN(value.getTime());
}
