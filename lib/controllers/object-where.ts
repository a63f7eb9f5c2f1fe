import { FileNotFoundError } from '../errors/download-errors.js';
import { quote } from '../errors/quote.js';
import { isDownloadFile } from '../files/download-file.js';

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
