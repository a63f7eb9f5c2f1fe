import { type FileDescription } from '../files/described-file.js';
import { toEntityTag } from '../http/entity-tag.js';
import { fieldOf } from './object-where.js';

const CODING = "[\\w!#$%&'*+.^`|~-]+";
const CODINGS = new RegExp(`^${CODING}(?:, ?${CODING})*$`);
const WITHOUT_ZONE = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?$/;

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
    encoding: toEncoding(read(fields.encodingField)),
    size: toSize(read(fields.sizeField)),
    lastModified: toDate(read(fields.lastModifiedField)),
    etag: toEntityTag(toText(read(fields.etagField)) ?? ''),
  };
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'bigint' || Number.isFinite(value)) return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Content codings (RFC 9110 8.4.1), of which `identity` is none. */
function toEncoding(value: unknown): string | undefined {
  const text = toText(value);
  return text !== undefined && CODINGS.test(text) && !/^identity$/i.test(text)
    ? text
    : undefined;
}

/** Drivers give a bigint column as text. */
function toSize(value: unknown): number | undefined {
  const text = toText(value);
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  const size = Number(text);
  return Number.isSafeInteger(size) ? size : undefined;
}

/** A date, a time in milliseconds, or a text as databases give it. HTTP has no form for years before 0. */
function toDate(value: unknown): Date | undefined {
  const date = value instanceof Date ? value : toTime(value);
  return date && date.getUTCFullYear() >= 0 ? date : undefined;
}

/** A text is in UTC unless it names a zone, wherever the process runs. */
function toTime(value: unknown): Date | undefined {
  const text = toText(value);
  if (text === undefined) return undefined;
  if (typeof value !== 'string' || /^\d{9,}$/.test(text)) {
    return new Date(Number(text));
  }
  return new Date(
    WITHOUT_ZONE.test(text) ? `${text.replace(' ', 'T')}Z` : text,
  );
}
