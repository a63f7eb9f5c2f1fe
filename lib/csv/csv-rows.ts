import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { setImmediate } from 'node:timers/promises';

import { generatedStream } from '../files/virtual-file-source.js';
import { type Awaitable } from '../storages/awaitable.js';
import { type CsvText } from './csv-text.js';

/**
 * A row: an object by the keys of the columns, or a list by their places.
 *
 * @publicApi
 */
export type CsvRow = object;

/**
 * A query of a database that has not been run: a `SelectQueryBuilder` of TypeORM, or anything with a
 * `stream()` of rows, such as a query of Knex.
 *
 * @publicApi
 */
export interface RowQuery {
  /** The rows, one after the other. */
  stream(): Awaitable<Readable>;
  /** All rows at once, where the driver of the database knows no streams. */
  getRawMany?(): Promise<CsvRow[]>;
}

/**
 * Where rows come from.
 *
 * @publicApi
 */
export type CsvRowSource =
  | Iterable<CsvRow>
  | AsyncIterable<CsvRow>
  | Readable
  | ReadableStream<CsvRow>
  | RowQuery;

/**
 * Rows, or a function that makes them. A function is called only when the file is sent; its signal fires
 * when the client has left.
 *
 * @publicApi
 */
export type CsvRows =
  CsvRowSource | ((signal: AbortSignal) => Awaitable<CsvRowSource>);

/**
 * @internal
 */
export function isRowSource(value: unknown): value is CsvRowSource {
  if (typeof value !== 'object' || value === null) return false;
  // Bytes are iterable too, by number.
  if (ArrayBuffer.isView(value)) return false;
  return (
    Symbol.iterator in value || Symbol.asyncIterator in value || isQuery(value)
  );
}

/**
 * The rows as a stream, with a way to end it before it has ended by itself.
 *
 * @internal
 */
export interface RowStream {
  readonly stream: Readable;
  end(): void;
}

/**
 * Begins to read rows; runs a query.
 *
 * @internal
 */
export async function rowStream(source: CsvRowSource): Promise<RowStream> {
  if (source instanceof Readable) return endedByError(source);
  if (source instanceof ReadableStream) {
    return endedByError(Readable.fromWeb(source, { objectMode: true }));
  }
  if (Symbol.iterator in source || Symbol.asyncIterator in source) {
    return iterated(source);
  }
  try {
    return endedByError(await source.stream());
  } catch (error) {
    // What the drivers of SQLite say: they have all rows in memory in any case.
    if (!source.getRawMany || !/stream is not supported/i.test(String(error))) {
      throw error;
    }
    return iterated(await source.getRawMany());
  }
}

/**
 * Ends a stream of rows that nobody reads. By an error, as `pipeline()` does: TypeORM gives the connection
 * back at the end of a stream or at its error, not when it closes.
 *
 * @internal
 */
export function endByError(stream: Readable): void {
  stream.on('error', () => undefined);
  stream.destroy(new Error('Nobody reads the rows any more'));
}

function endedByError(stream: Readable): RowStream {
  return { stream, end: () => endByError(stream) };
}

/** An error would reach the generator as a throw; without one it is told to return. */
function iterated(rows: Iterable<CsvRow> | AsyncIterable<CsvRow>): RowStream {
  const stream = Readable.from(rows);
  return { stream, end: () => stream.destroy() };
}

function isQuery(value: object): value is RowQuery {
  return 'stream' in value && typeof value.stream === 'function';
}

/**
 * Rows as the bytes of a file. What there is goes out at once, in one piece: the first row before the second
 * is there, and many where they come faster than they are taken. However it ends, the rows end with it.
 *
 * @internal
 */
export function csvStream(
  rows: RowStream,
  text: CsvText,
  signal?: AbortSignal,
): Readable {
  const source = rows.stream;
  source
    .on('error', (error) => text.destroy(error))
    .once('close', () => {
      if (!source.readableEnded) text.destroy(new Error('The rows end early'));
    });
  text.once('close', () => {
    if (!source.readableEnded) rows.end();
  });
  if (source.destroyed) {
    text.destroy(source.errored ?? new Error('The rows are closed already'));
  } else {
    source.pipe(text);
  }
  const bytes = generatedStream(joined(text), () => text.destroy(), signal);
  // A generator that nobody has started does not hear that its source failed.
  text.on('error', (error) => bytes.destroy(error));
  return bytes;
}

/** One piece for each turn of the event loop, with all rows that have come by then and fit. */
async function* joined(text: Readable): AsyncGenerator<unknown, void> {
  for await (const lines of text) {
    yield lines;
    await setImmediate();
  }
}
