// Compiled by `npm run typecheck`, and never run: what applications write must compile under `strict`.

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';

import { VirtualFile, type VirtualSource } from 'nestjs-downloadview';
import { CsvFile, type CsvFileOptions } from 'nestjs-downloadview/csv';
import { type DataSource, type Repository } from 'typeorm';

class Document {
  id!: number;
  title!: string;
}

declare const documents: Repository<Document>;
declare const database: DataSource;
declare const maybe: Response['body'];

const name = 'a.txt';

// ---- Sources of generated content

async function* lines(): AsyncGenerator<string> {
  yield 'line';
}

async function* pages(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (!signal.aborted) yield new Uint8Array();
}

export const sources: VirtualSource[] = [
  'text',
  Buffer.from('bytes'),
  ['a', new Uint8Array()],
  new Set(['a']),
  lines(),
  lines,
  pages,
  createReadStream('/etc/hostname'),
  Readable.from(['a']),
  new ReadableStream<Uint8Array>(),
  ReadableStream.from(lines()),
  new globalThis.ReadableStream<string>(),
  new Blob(['a']).stream(),
  () => new Blob(['a']).stream(),
  async () => (await fetch('https://example.com/')).body ?? '',
  async (signal) =>
    (await fetch('https://example.com/', { signal })).body ?? '',
];

// @ts-expect-error A body may be missing.
new VirtualFile(maybe, { name });
// @ts-expect-error A number is no content.
new VirtualFile(7, { name });
// @ts-expect-error Rows are no text.
new VirtualFile([{ id: 1 }], { name });
// @ts-expect-error A name is needed.
new VirtualFile(lines, {});
// @ts-expect-error The function gets a signal.
new VirtualFile((limit: number) => ['a'.repeat(limit)], { name });

// ---- Rows

async function* inPages(): AsyncGenerator<Document> {
  yield* await documents.find();
}

export const files = [
  new CsvFile([{ id: 1 }], { name }),
  new CsvFile([[1, 'a']], { name, columns: ['id', 'title'] }),
  new CsvFile(new Set<Document>(), { name, columns: { id: 'Id' } }),
  new CsvFile(inPages(), { name }),
  new CsvFile(inPages, { name }),
  new CsvFile(() => documents.find(), { name }),
  new CsvFile(Readable.from([]), { name }),
  new CsvFile(new ReadableStream<Document>(), { name }),
  new CsvFile(documents.createQueryBuilder('d'), { name }),
  new CsvFile(() => documents.createQueryBuilder('d'), { name }),
  new CsvFile(database.createQueryBuilder().select('1').from('a', 'a'), {
    name,
  }),
];

export const options: CsvFileOptions = {
  name,
  columns: ['id'] as const,
  header: true,
  delimiter: ';',
  bom: true,
  escapeFormulas: false,
  lastModified: new Date(),
  etag: 'v1',
};

// @ts-expect-error Text is no list of rows.
new CsvFile('id,title', { name });
// @ts-expect-error A row is an object or a list.
new CsvFile([1, 2], { name });
// @ts-expect-error A promise is to be awaited.
new CsvFile(documents.find(), { name });
// @ts-expect-error The length of a CSV file is not known beforehand.
new CsvFile([], { name, size: 7 });
