import { pipeline, type Readable } from 'node:stream';
import { createGzip } from 'node:zlib';

import { type OptionChecks, TRUE_OR_FALSE } from '../errors/check-options.js';
import { type ArchiveEntries } from './archive-entry.js';
import {
  ARCHIVE_CHECKS,
  ArchiveFile,
  type ArchiveOptions,
  checkArchiveOptions,
} from './archive-file.js';
import { InvalidOptionsError } from '../errors/download-errors.js';
import { type ArchiveLayout, type ArchiveTrailer } from './archive-plan.js';
import { type EntrySources } from './entry-bytes.js';
import { type KnownEntry } from './known-entry.js';

const BLOCK = 512;
const MOST_BYTES_OF_NAME = 100;
/** Eleven octal digits. */
const MAX_NUMBER = 0o77777777777;
const REGULAR_FILE = '0';
const DIRECTORY = '5';
const EXTENDED_HEADER = 'x';
/** Two empty blocks. */
const END = Buffer.alloc(2 * BLOCK);
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * A tar file as POSIX.1-2001 has it (`pax`): what does not fit into the fields of a header stands in an extended
 * header before it.
 *
 * @internal
 */
export const TAR_LAYOUT: ArchiveLayout = {
  kind: 'tar 1',
  hasChecksums: false,
  headLength: (entry) => headOf(entry).length,
  head: headOf,
  tailLength: (entry) => paddingOf(sizeOf(entry)),
  tail: (entry) => Buffer.alloc(paddingOf(sizeOf(entry))),
  trailer(entries, starts): ArchiveTrailer {
    const start = starts[entries.length];
    return {
      starts: Float64Array.of(start, start + END.length),
      entry: () => undefined,
      piece: () => END,
    };
  },
};

/**
 * The same from its beginning, of entries that are drawn while it is sent.
 *
 * @throws InvalidOptionsError for a file of unknown size
 * @throws FileChangedError for a file that is another one than its entry says
 * @internal
 */
export async function* tarStream(
  entries: AsyncIterable<KnownEntry> | Iterable<KnownEntry>,
  sources: EntrySources,
): AsyncGenerator<Uint8Array, void> {
  for await (const entry of entries) {
    yield headOf(entry);
    yield* sources.read(entry, { checksum: entry.givenCrc32 !== undefined });
    yield TAR_LAYOUT.tail(entry);
  }
  yield END;
}

/** @throws InvalidOptionsError where it is not known */
function sizeOf({ size, path }: KnownEntry): number {
  if (size !== undefined) return size;
  throw new InvalidOptionsError(
    'TarFile.entries[].size',
    path,
    'A tar file tells the size of each file before its bytes: give it, or use a ZipFile.',
  );
}

function headOf(entry: KnownEntry): Buffer {
  const { path, modified = 0 } = entry;
  const size = sizeOf(entry);
  const type = entry.file ? REGULAR_FILE : DIRECTORY;
  const records = [
    ...(PLAIN.test(path) && path.length <= MOST_BYTES_OF_NAME
      ? []
      : [recordOf('path', path)]),
    ...(size > MAX_NUMBER ? [recordOf('size', `${size}`)] : []),
    ...(modified > MAX_NUMBER ? [recordOf('mtime', `${modified}`)] : []),
  ];
  const header = headerOf(plainName(path), type, size, entry);
  if (records.length === 0) return header;
  const extension = Buffer.from(records.join(''));
  return Buffer.concat([
    headerOf('PaxHeader', EXTENDED_HEADER, extension.length, entry),
    extension,
    Buffer.alloc(paddingOf(extension.length)),
    header,
  ]);
}

/** For programs that know no extended headers. */
function plainName(path: string): string {
  const plain = path.replace(/[^\x20-\x7e]/gu, '_');
  return plain.length <= MOST_BYTES_OF_NAME
    ? plain
    : plain.slice(-MOST_BYTES_OF_NAME).replace(/^\/+/, '');
}

/** Its length, which stands before it, counts itself. */
function recordOf(key: string, value: string): string {
  const text = ` ${key}=${value}\n`;
  const length = Buffer.byteLength(text);
  let total = length + `${length}`.length;
  if (length + `${total}`.length > total) total += 1;
  return `${total}${text}`;
}

function headerOf(
  name: string,
  type: string,
  size: number,
  { mode, modified = 0 }: KnownEntry,
): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, 'latin1');
  header.write(octal(mode, 7), 100, 'latin1');
  header.write(octal(0, 7), 108, 'latin1');
  header.write(octal(0, 7), 116, 'latin1');
  header.write(octal(Math.min(size, MAX_NUMBER), 11), 124, 'latin1');
  header.write(octal(Math.min(modified, MAX_NUMBER), 11), 136, 'latin1');
  // The checksum is made as if its own field were blank.
  header.fill(' ', 148, 156);
  header.write(type, 156, 'latin1');
  header.write('ustar\u000000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return header;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/**
 * Options of TarFile.
 *
 * @publicApi
 */
export interface TarFileOptions extends ArchiveOptions {
  /**
   * Whether it is compressed as a whole, for a name such as `photos.tar.gz`; false by default. It then has no
   * length, no tag of its own and no ranges.
   */
  readonly gzip?: boolean;
}

const CHECKS: OptionChecks<TarFileOptions> = {
  ...ARCHIVE_CHECKS,
  gzip: TRUE_OR_FALSE,
};

/**
 * Many files as one tar file, made while it is sent: nothing is written to a disk, and one file is open at a time.
 *
 * ```ts
 * new TarFile(() => rows(), { name: 'backup.tar' })
 * ```
 *
 * As with ZipFile, length, a strong tag and every range are known before a byte is read. A tar file holds no
 * checksums of its files, so that a range costs only what it sends: the better choice for large sets that clients
 * must be able to resume. The size of every file has to be known.
 *
 * @publicApi
 */
export class TarFile extends ArchiveFile {
  /**
   * @param entries the files, or a function that gives them: an archive that is kept for more than one request
   *   needs the function, unless the entries are a list
   * @throws InvalidOptionsError for what are no entries, and for options that are wrong
   */
  constructor(entries: ArchiveEntries, options: TarFileOptions) {
    checkArchiveOptions('TarFile', options, CHECKS, "{ name: 'backup.tar' }");
    const { gzip = false } = options;
    super(entries, options, {
      owner: 'TarFile',
      contentType: gzip ? 'application/gzip' : 'application/x-tar',
      layout: gzip ? undefined : TAR_LAYOUT,
      made: tarStream,
      coded: gzip ? gzipped : undefined,
    });
  }
}

function gzipped(archive: Readable): Readable {
  const gzip = createGzip();
  // One that fails ends the other, and whoever reads it is told.
  pipeline(archive, gzip, () => undefined);
  return gzip;
}
