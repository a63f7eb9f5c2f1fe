import { FileNotFoundError } from '../errors/download-errors.js';
import { quote } from '../errors/quote.js';
import { type FileDescription } from '../files/described-file.js';
import { isDownloadFile } from '../files/download-file.js';
import { toEntityTag } from '../http/entity-tag.js';

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * Refuses a query that could find somebody else's row: TypeORM 0.3 leaves undefined and null out of it,
 * and an empty one finds the first row of the table. It looks into instances of classes as TypeORM does:
 * `{ owner: request.user }` of a user without an id is no scope.
 *
 * @throws FileNotFoundError that names the field
 * @internal
 */
export function requireDefinite(where: unknown, field = 'where'): void {
  const conditions = conditionsOf(where);
  if (where === undefined || where === null || conditions?.length === 0) {
    throw new FileNotFoundError(
      `No row is looked up: ${quote(field)} is ${quote(where)}`,
    );
  }
  for (const [key, value] of conditions ?? []) requireDefinite(value, key);
}

/**
 * Whether a failed query says that the column cannot hold the value, as PostgreSQL does of 'abc' for an
 * integer: SQLSTATE class 22, data exception. TypeORM has it on the driver's error.
 *
 * @internal
 */
export function isDataException(error: unknown): boolean {
  return [error, fieldOf(error, 'driverError'), fieldOf(error, 'cause')].some(
    (candidate) => {
      const code = fieldOf(candidate, 'code');
      return typeof code === 'string' && /^22[0-9A-Z]{3}$/.test(code);
    },
  );
}

/**
 * Whether a row is the one that was asked for. MySQL finds row 1 for '1abc', SQLite for '1.0', PostgreSQL
 * for ' 1'. Of several alternatives, one must match.
 *
 * @internal
 */
export function matchesKeys(row: object, where: object): boolean {
  if (Array.isArray(where)) {
    return where.some((alternative: object) => matchesKeys(row, alternative));
  }
  return Object.entries(where).every(
    ([field, key]: [string, unknown]) =>
      typeof key !== 'string' || canBe(fieldOf(row, field), key),
  );
}

/**
 * A field of a value that may be anything.
 *
 * @internal
 */
export function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null
    ? Reflect.get(value, field)
    : undefined;
}

/** Numbers, those that drivers give as text, and UUIDs have one spelling; any other text is compared by the database. */
function canBe(value: unknown, key: string): boolean {
  if (typeof value === 'number' || typeof value === 'bigint') {
    return String(value) === key;
  }
  if (typeof value !== 'string') return true;
  if (/^-?\d+$/.test(value)) return value === key;
  return !UUID.test(value) || value.toLowerCase() === key.toLowerCase();
}

/** What TypeORM looks into; nothing for a value that it gives to the driver as it is. */
function conditionsOf(where: unknown): [string, unknown][] | undefined {
  return typeof where !== 'object' || where === null || isValue(where)
    ? undefined
    : Object.entries(where);
}

/** Operators of TypeORM, bytes, files of file columns, and what has a primitive value, as dates and decimals do. */
function isValue(object: object): boolean {
  const valueOf = fieldOf(object, 'valueOf');
  return (
    typeof fieldOf(object, '@instanceof') === 'symbol' ||
    ArrayBuffer.isView(object) ||
    isDownloadFile(object) ||
    (typeof valueOf === 'function' &&
      typeof Reflect.apply(valueOf, object, []) !== 'object')
  );
}

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
