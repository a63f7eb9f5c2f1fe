import { Readable } from 'node:stream';

import { InvalidOptionsError } from '../errors/download-errors.js';
import {
  VirtualFile,
  givenFacts,
  discardUnread,
  readOnce,
} from '../files/virtual-file.js';
import { type FileStat } from '../storages/file-stat.js';
import { type CsvFileOptions, csvFormatOf, CsvText } from './csv-text.js';
import {
  type CsvRows,
  endByError,
  isRowSource,
  rowStream,
  csvStream,
} from './csv-rows.js';

/**
 * Rows as a CSV file (RFC 4180), made while it is sent, as fast as the client takes it: any number of rows
 * in little memory.
 *
 * ```ts
 * new CsvFile([{ id: 1, name: 'Ada' }], { name: 'people.csv' })
 * new CsvFile(people.createQueryBuilder('p'), { name: 'people.csv', columns: { p_id: 'Id', p_name: 'Name' } })
 * ```
 *
 * A query of TypeORM is read as a stream of raw rows, whose keys are alias and column: `p_id`. On PostgreSQL
 * that needs the package pg-query-stream. A client that leaves ends the query when the database gives its next
 * rows, and the connection goes back to the pool. The drivers of SQLite know no streams: there all rows are
 * read at once. Anything else comes from a generator that asks for one page of rows after the other.
 *
 * @publicApi
 */
export class CsvFile extends VirtualFile {
  readonly #rows: CsvRows;

  /** @throws InvalidOptionsError for what are no rows, and for options that are wrong */
  constructor(rows: CsvRows, options: CsvFileOptions) {
    if (typeof rows !== 'function') checkRows(rows);
    givenFacts('CsvFile', options);
    const format = csvFormatOf(options);
    const { name, lastModified, etag } = options;
    const open = async (signal: AbortSignal): Promise<Readable> => {
      const source = typeof rows === 'function' ? await rows(signal) : rows;
      checkRows(source);
      readOnce(source, 'CsvFile.rows', 'new CsvFile(() => rows(), { name })');
      return csvStream(await rowStream(source), new CsvText(format), signal);
    };
    super(open, { name, lastModified, etag });
    this.#rows = rows;
    // It may fail before anybody reads it; who reads it then is told.
    if (rows instanceof Readable) rows.on('error', () => undefined);
  }

  override stat(): FileStat {
    return { ...super.stat(), contentType: 'text/csv', charset: 'utf-8' };
  }

  /** Lets go of rows that were handed in and are not going to be read. */
  override discard(): void {
    if (this.#rows instanceof Readable) endByError(this.#rows);
    else discardUnread(this.#rows);
  }
}

/** @throws InvalidOptionsError for what has no rows */
function checkRows(rows: unknown): void {
  if (isRowSource(rows)) return;
  throw new InvalidOptionsError(
    'CsvFile.rows',
    rows,
    'Give a list, a stream or any iterable of rows, a query, or a function that makes one of them. Await a promise first.',
  );
}
