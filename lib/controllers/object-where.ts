import { FileNotFoundError } from '../errors/file-not-found.error.js';
import { quote } from '../errors/quote.js';

/**
 * Refuses a query that could find somebody else's row: TypeORM 0.3 leaves undefined and null out of it,
 * and an empty one finds the first row of the table.
 *
 * @throws FileNotFoundError that names the field
 * @internal
 */
export function requireDefinite(where: unknown, field = 'where'): void {
  if (where === undefined || where === null || isEmptyObject(where)) {
    throw new FileNotFoundError(
      `No row is looked up: ${quote(field)} is ${quote(where)}`,
    );
  }
  if (Array.isArray(where) || isPlainObject(where)) {
    for (const [key, value] of Object.entries(where)) {
      requireDefinite(value, key);
    }
  }
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
 * Whether a row is the one that was asked for. MySQL finds row 1 for '1abc', SQLite for '1.0'.
 *
 * @internal
 */
export function matchesKeys(row: object, where: object): boolean {
  return Object.entries(where).every(([field, key]: [string, unknown]) => {
    const value = fieldOf(row, field);
    return (
      typeof key !== 'string' ||
      typeof value !== 'number' ||
      String(value) === key
    );
  });
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

function isEmptyObject(value: unknown): boolean {
  return (
    (Array.isArray(value) || isPlainObject(value)) &&
    Object.keys(value).length === 0
  );
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
