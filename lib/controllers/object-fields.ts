import { type FileDescription } from '../files/described-file.js';
import { toEntityTag } from '../http/entity-tag.js';
import { fieldOf } from './object-where.js';

/**
 * Which fields of an entity say something about its file.
 *
 * @internal
 */
export interface ObjectFields {
  readonly basenameField?: string;
  readonly contentTypeField?: string;
  readonly charsetField?: string;
  readonly encodingField?: string;
  readonly sizeField?: string;
  readonly lastModifiedField?: string;
  readonly etagField?: string;
}

/**
 * What an entity says about its file. A field that is empty says nothing.
 *
 * @internal
 */
export function describeObject(
  object: object,
  fields: ObjectFields,
): FileDescription {
  const read = (field: string | undefined): unknown =>
    field === undefined ? undefined : fieldOf(object, field);
  return {
    name: toText(read(fields.basenameField)),
    contentType: toText(read(fields.contentTypeField)),
    charset: toText(read(fields.charsetField)),
    encoding: toText(read(fields.encodingField)),
    size: toSize(read(fields.sizeField)),
    lastModified: toDate(read(fields.lastModifiedField)),
    etag: toEntityTag(toText(read(fields.etagField)) ?? ''),
  };
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') {
    return String(value);
  }
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Drivers give a bigint column as text. */
function toSize(value: unknown): number | undefined {
  const size = value === null || value === '' ? NaN : Number(value);
  return Number.isSafeInteger(size) && size >= 0 ? size : undefined;
}

/** A date, a time in milliseconds, or a text as databases give it. */
function toDate(value: unknown): Date | undefined {
  if (
    !(value instanceof Date) &&
    typeof value !== 'number' &&
    typeof value !== 'string'
  ) {
    return undefined;
  }
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
