import { type TransformCallback } from 'node:stream';

import { type ColumnOption, Stringifier } from 'csv-stringify';

import { InvalidOptionsError } from '../errors/download-errors.js';
import { type CsvColumns, type CsvFormat } from './csv-file-options.js';
import { castsOf } from './csv-values.js';

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
