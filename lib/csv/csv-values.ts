import { type Options } from 'csv-stringify';

import { isDownloadFile } from '../files/download-file.js';

// Also behind what a spreadsheet skips, or takes for the end of a cell before.
const FORMULA = /^(?:[\t\r]|[\s;|,]*[=+\-@\uff0b\uff0d\uff1d\uff20])/;
// Databases give their longer numbers as text.
const NEGATIVE_NUMBER = /^-\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/**
 * A text that no spreadsheet takes for a formula: `=1+1` becomes `'=1+1`. csv-stringify's own option
 * looks at the first character alone, and takes negative numbers of databases for formulas.
 *
 * @internal
 */
export function withoutFormula(text: string): string {
  return FORMULA.test(text) && !NEGATIVE_NUMBER.test(text) ? `'${text}` : text;
}

/**
 * How values become texts: dates by ISO 8601 in UTC, booleans as `true` and `false`, bytes in base64, files by their names, other
 * objects as JSON; null, undefined and a date without a time are empty.
 *
 * @internal
 */
export function castsOf(escapeFormulas: boolean): NonNullable<Options['cast']> {
  const text = escapeFormulas ? withoutFormula : (value: string) => value;
  return {
    string: text,
    boolean: String,
    date: (date) => (Number.isNaN(date.getTime()) ? '' : date.toISOString()),
    object: (value) => text(objectText(value)),
  };
}

function objectText(value: object): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (isDownloadFile(value)) return value.name;
  // A decimal, an id of another library: what it says of itself, without quotes around it.
  const plain = saysItself(value) ? value.toJSON() : value;
  return typeof plain === 'string' ? plain : (JSON.stringify(plain) ?? '');
}

function saysItself(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}
