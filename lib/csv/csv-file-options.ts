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
