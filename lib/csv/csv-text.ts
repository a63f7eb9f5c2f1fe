import { type TransformCallback } from 'node:stream';

import { type ColumnOption, Stringifier } from 'csv-stringify';

import { InvalidOptionsError } from '../errors/invalid-options.error.js';
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
  #isFirst = true;
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
    if (!isRow(row)) {
      callback(
        new InvalidOptionsError(
          'CsvFile.rows',
          row,
          'Every row must be an object or a list of values.',
        ),
      );
      return;
    }
    if (this.#isFirst && Array.isArray(row)) this.#beginWithList();
    this.#isFirst = false;
    super._transform(row, encoding, callback);
  }

  /** A list has no names to show. */
  #beginWithList(): void {
    if (this.#mayLackHeader) this.options.header = false;
  }
}

function columnList(columns: CsvColumns): ColumnOption[] {
  return Array.isArray(columns)
    ? columns.map((key: string) => ({ key, header: key }))
    : Object.entries(columns).map(([key, header]) => ({ key, header }));
}

function isRow(row: unknown): row is object {
  return typeof row === 'object' && row !== null && !ArrayBuffer.isView(row);
}
