import { InvalidOptionsError } from '../errors/download-errors.js';
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

const KNOWN: readonly (keyof CsvFileOptions)[] = [
  'name',
  'lastModified',
  'etag',
  'columns',
  'header',
  'delimiter',
  'bom',
  'escapeFormulas',
];

/**
 * @throws InvalidOptionsError
 * @internal
 */
export function csvFormatOf(options: CsvFileOptions): CsvFormat {
  for (const [name, value] of Object.entries(options)) {
    if (!KNOWN.some((known) => known === name)) {
      throw wrong(name, value, `Known are ${KNOWN.join(', ')}.`);
    }
  }
  const { columns, header, delimiter = ',' } = options;
  if (columns !== undefined && !areColumns(columns)) {
    const accepted =
      "Give the keys of the rows, ['id', 'name'], or the keys with the names to show, { u_id: 'Id' }.";
    throw wrong('columns', columns, accepted);
  }
  if (typeof delimiter !== 'string' || !/^[^"\r\n]$/.test(delimiter)) {
    throw wrong('delimiter', delimiter, "Give one character: ',', ';', '\\t'.");
  }
  return {
    columns,
    header: header === undefined ? undefined : flag('header', header),
    delimiter,
    bom: flag('bom', options.bom ?? false),
    escapeFormulas: flag('escapeFormulas', options.escapeFormulas ?? true),
  };
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

function flag(option: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw wrong(option, value, 'Give true or false.');
}

function wrong(
  option: string,
  value: unknown,
  accepted: string,
): InvalidOptionsError {
  return new InvalidOptionsError(`CsvFile.${option}`, value, accepted);
}
