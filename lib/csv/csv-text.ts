import { type TransformCallback } from 'node:stream';

import { type Options, type ColumnOption, Stringifier } from 'csv-stringify';

import { InvalidOptionsError } from '../errors/download-errors.js';
import { isDownloadFile } from '../files/download-file.js';
import {
  CHECKED_ELSEWHERE,
  checkOptions,
  type OptionChecks,
  TRUE_OR_FALSE,
} from '../errors/check-options.js';
import { type VirtualFileOptions } from '../files/virtual-file.js';

/**
 * Which columns there are, in their order: the keys of the rows, or the keys with the names that stand in
 * the header line: `{ u_id: 'Id', u_name: 'Name' }`. A key may be a path into the row: `owner.name`.
 *
 * @publicApi
 */
export type CsvColumns = readonly string[] | Readonly<Record<string, string>>;

/**
 * Options of CsvFile.
 *
 * @publicApi
 */
export interface CsvFileOptions extends Omit<VirtualFileOptions, 'size'> {
  /** By default the keys of the first row. Rows that are lists have them by their places. */
  readonly columns?: CsvColumns;
  /** Whether the first line names the columns; true by default, if they have names. */
  readonly header?: boolean;
  /** One character; `,` by default. Spreadsheets in many countries expect `;`. */
  readonly delimiter?: string;
  /** Whether the file begins with a byte order mark, by which Excel knows UTF-8; false by default. */
  readonly bom?: boolean;
  /**
   * Whether texts that a spreadsheet would run as a formula get an apostrophe in front; true by default.
   * Negative numbers are none.
   */
  readonly escapeFormulas?: boolean;
}

/**
 * What the lines are made by.
 *
 * @internal
 */
export interface CsvFormat {
  readonly columns?: CsvColumns;
  readonly header?: boolean;
  readonly delimiter: string;
  readonly bom: boolean;
  readonly escapeFormulas: boolean;
}

const CHECKS: OptionChecks<CsvFileOptions> = {
  name: CHECKED_ELSEWHERE,
  lastModified: CHECKED_ELSEWHERE,
  etag: CHECKED_ELSEWHERE,
  columns: [
    areColumns,
    "Give the keys of the rows, ['id', 'name'], or the keys with the names to show, { u_id: 'Id' }.",
  ],
  header: TRUE_OR_FALSE,
  delimiter: [
    (value) => typeof value === 'string' && /^[^"\r\n]$/.test(value),
    "Give one character: ',', ';', '\\t'.",
  ],
  bom: TRUE_OR_FALSE,
  escapeFormulas: TRUE_OR_FALSE,
};

/**
 * @throws InvalidOptionsError
 * @internal
 */
export function csvFormatOf(options: CsvFileOptions): CsvFormat {
  checkOptions('CsvFile', options, CHECKS, { example: "{ name: 'rows.csv' }" });
  const {
    columns,
    header,
    delimiter = ',',
    bom = false,
    escapeFormulas = true,
  } = options;
  return { columns, header, delimiter, bom, escapeFormulas };
}

function areColumns(columns: unknown): boolean {
  if (typeof columns !== 'object' || columns === null) return false;
  const names: unknown[] = Object.values(columns);
  const keys = Array.isArray(columns) ? names : Object.keys(columns);
  return (
    keys.length > 0 &&
    !keys.includes('') &&
    names.every((name) => typeof name === 'string')
  );
}

// Also behind what a spreadsheet skips or does not show, or takes for the end of a cell before; the signs also
// in full width and small.
const FORMULA =
  /^(?:[\t\r]|[\s\p{Cc}\p{Cf};|,]*[=+\-@\uff0b\uff0d\uff1d\uff20\ufe62\ufe63\ufe66\ufe6b])/u;
// Databases give their longer numbers as text; people write a comma, or a percent sign, and a dash for nothing.
const NEGATIVE_NUMBER = /^-(?:\d+(?:[.,]\d+)*(?:e[+-]?\d+)?%?)?$/i;

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

const CHUNK = 64 * 1024;
// csv-stringify leaves single ones without quotes, because they do not end a line here.
const LINE_ENDS = /[\r\n]/;
/** Also what other programs take for the delimiter: in quotes, it stays within its cell. */
const LINE_ENDS_AND_DELIMITERS = /[\r\n;|\t]/;

/**
 * Rows in, lines of RFC 4180 out.
 *
 * @internal
 */
export class CsvText extends Stringifier {
  #areLists: boolean | undefined;
  readonly #mayLackHeader: boolean;

  constructor({ columns, header, delimiter, bom, escapeFormulas }: CsvFormat) {
    super({
      columns: columns && columnList(columns),
      header: header ?? true,
      delimiter,
      bom,
      record_delimiter: 'windows',
      cast: castsOf(escapeFormulas),
      quoted_match: escapeFormulas ? LINE_ENDS_AND_DELIMITERS : LINE_ENDS,
      readableHighWaterMark: CHUNK,
    });
    this.#mayLackHeader = header === undefined && columns === undefined;
  }

  override _transform(
    row: unknown,
    encoding: BufferEncoding,
    callback: TransformCallback,
  ): void {
    const isList = Array.isArray(row);
    if (!isRow(row) || isList !== (this.#areLists ?? isList)) {
      callback(
        new InvalidOptionsError(
          'CsvFile.rows',
          row,
          'Every row must be an object, or every row a list of values.',
        ),
      );
      return;
    }
    if (this.#areLists === undefined) this.#beginWith(row);
    this.#areLists = isList;
    super._transform(row, encoding, callback);
  }

  #beginWith(row: object): void {
    // A list has no names to show.
    if (Array.isArray(row) && this.#mayLackHeader) this.options.header = false;
    // Many programs pass over empty lines.
    const { columns } = this.options;
    const { length } = Array.isArray(columns) ? columns : Object.keys(row);
    if (length === 1) this.options.quoted_empty = true;
  }
}

function columnList(columns: CsvColumns): ColumnOption[] {
  return Array.isArray(columns)
    ? columns.map((key: string) => ({ key, header: key }))
    : Object.entries(columns).map(([key, header]) => ({ key, header }));
}

/** A Map has no columns either. */
function isRow(row: unknown): row is object {
  return (
    typeof row === 'object' &&
    row !== null &&
    (Array.isArray(row) || !(Symbol.iterator in row))
  );
}
