import { type Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';

import { generatedStream } from '../files/virtual-file-source.js';
import { type RowStream } from './csv-rows.js';
import { type CsvText } from './csv-text.js';

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
