import {
  FileNotFoundError,
  InvalidOptionsError,
  quote,
} from '../errors/download-errors.js';
import {
  type FileDescription,
  isDownloadFile,
} from '../files/download-file.js';
import { toEntityTag } from '../http/preconditions.js';
import { toReprDigest } from '../http/repr-digest.js';

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
 * integer: SQLSTATE class 22, data exception. TypeORM has it on the driver's error. Mongoose says so itself.
 *
 * @internal
 */
export function isDataException(error: unknown): boolean {
  return [error, fieldOf(error, 'driverError'), fieldOf(error, 'cause')].some(
    (candidate) => {
      const code = fieldOf(candidate, 'code');
      return (
        (typeof code === 'string' && /^22[0-9A-Z]{3}$/.test(code)) ||
        (fieldOf(candidate, 'name') === 'CastError' &&
          fieldOf(candidate, 'kind') !== undefined)
      );
    },
  );
}

/**
 * Whether a row is the one that was asked for, and where not, whether a client has only spelled its key in
 * another way: MySQL finds row 1 for '1abc', SQLite for '1.0', PostgreSQL for ' 1'. A row of another key comes
 * from a repository that does not know what it was asked.
 *
 * @internal
 */
export interface KeyMatch {
  readonly matches: boolean;
  /** A field that does not have the key at all. */
  readonly wrongField?: string;
}

/**
 * Compares the keys of a row with those that it was looked up by: texts and numbers, as texts and without case.
 * Of several alternatives, one must match.
 *
 * @param isChanged whether a field need not be in the row as it is in the query
 * @internal
 */
export function matchKeys(
  row: object,
  where: object,
  isChanged: (field: string) => boolean,
): KeyMatch {
  if (Array.isArray(where)) {
    const matches = where.map((alternative: object) =>
      matchKeys(row, alternative, isChanged),
    );
    return matches.find((match) => match.matches) ?? matches[0] ?? NO_MATCH;
  }
  let matches = true;
  for (const [field, key] of Object.entries(where) as [string, unknown][]) {
    if (!isKey(key) || isChanged(field)) continue;
    const likeness = compare(valueAt(row, field), key);
    if (likeness === 'other') return { matches: false, wrongField: field };
    matches &&= likeness === 'same';
  }
  return { matches };
}

const NO_MATCH: KeyMatch = { matches: false };

type Key = string | number | bigint;

function isKey(value: unknown): value is Key {
  return ['string', 'number', 'bigint'].includes(typeof value);
}

/** Of an embedded object, by a path: `meta.slug`. */
function valueAt(row: object, field: string): unknown {
  if (field in row) return fieldOf(row, field);
  return field.split('.').reduce<unknown>(fieldOf, row);
}

/**
 * Numbers, those that drivers give as text, and UUIDs have one spelling. Another text may differ in case, and by
 * the blanks that a column fills it up with. Dates are left to the database.
 */
function compare(value: unknown, key: Key): 'same' | 'spelling' | 'other' {
  if (value === undefined || value === null) return 'other';
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- '[object Object]' is nobody's key
  const [given, asked] = [String(value), String(key)];
  if (given === asked || value instanceof Date) return 'same';
  const isNumber = typeof value === 'number' || /^-?\d+$/.test(given);
  if (isNumber || typeof key !== 'string') {
    const isSame = [Number(asked), Number.parseFloat(asked)].includes(
      Number(given),
    );
    // A decimal as text, for a number.
    if (isSame && typeof key !== 'string') return 'same';
    return isSame ? 'spelling' : 'other';
  }
  const isUuid = UUID.test(given);
  if (withoutCase(isUuid ? given : given.trimEnd()) === withoutCase(asked)) {
    return 'same';
  }
  const simple = isUuid ? hexDigits : withoutMarks;
  return simple(given) === simple(asked) ? 'spelling' : 'other';
}

function withoutCase(text: string): string {
  return text.normalize().toUpperCase();
}

/** Some collations of MySQL see neither accents nor blanks at the end. */
function withoutMarks(text: string): string {
  return withoutCase(text.trimEnd().normalize('NFKD').replace(/\p{M}/gu, ''));
}

/** PostgreSQL takes UUIDs without hyphens, and in braces. */
function hexDigits(uuid: string): string {
  return uuid.replace(/[-{}\s]/g, '').toLowerCase();
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
  readonly digestField?: string;
}

/**
 * A field that an object must have, if only with nothing in it: a name that is wrong by a letter would go unseen.
 *
 * @param option that names the field: `DocumentController.basenameField`
 * @throws InvalidOptionsError
 * @internal
 */
export function requiredField(
  object: object,
  field: string,
  option: string,
): unknown {
  if (field in object) return fieldOf(object, field);
  throw new InvalidOptionsError(
    option,
    field,
    `The row has no such field; one that is empty is null. It has ${Object.keys(object).join(', ')}.`,
  );
}

/**
 * What an entity says about its file. A field that is empty says nothing.
 *
 * @param owner whose fields these are: `DocumentController`
 * @throws InvalidOptionsError for a field that it does not have
 * @internal
 */
export function describeObject(
  object: object,
  fields: ObjectFields,
  owner: string,
): FileDescription {
  const read = (option: keyof ObjectFields): unknown => {
    const field = fields[option];
    return field === undefined
      ? undefined
      : requiredField(object, field, `${owner}.${option}`);
  };
  return {
    name: toText(read('basenameField')),
    contentType: toText(read('contentTypeField')),
    charset: toText(read('charsetField')),
    encoding: toEncoding(read('encodingField')),
    size: toSize(read('sizeField')),
    lastModified: toDate(read('lastModifiedField')),
    etag: toEntityTag(toText(read('etagField')) ?? ''),
    digest: toReprDigest(read('digestField')),
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
