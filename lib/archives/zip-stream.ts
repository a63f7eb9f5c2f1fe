import { pipeline, Readable } from 'node:stream';
import { createDeflateRaw } from 'node:zlib';

import { mediaTypeOf, parseMediaType } from '../http/media-type.js';
import { type KnownEntry } from './known-entry.js';
import { type EntrySources } from './entry-bytes.js';
import {
  centralHeader,
  descriptor,
  endOfArchive,
  localHeader,
  MAX_32,
  type ZipMeasures,
  type ZipMember,
} from './zip-format.js';

/**
 * How the members of a ZIP file are made that has no length.
 *
 * @internal
 */
export interface ZipStreamOptions {
  readonly compress: boolean;
  readonly comment: Buffer;
}

interface WrittenMember {
  readonly member: ZipMember;
  readonly measures: ZipMeasures;
  readonly offset: number;
}

const UNKNOWN: ZipMeasures = { crc32: 0, compressed: 0, size: 0 };
// What deflate cannot make smaller it makes larger, by some bytes for every 16 KiB.
const SURELY_SMALL = MAX_32 - MAX_32 / 256;

/**
 * A ZIP file whose sizes and checksums become known while it is sent.
 *
 * @throws FileChangedError for a file that is another one than its entry says
 * @internal
 */
export async function* zipStream(
  entries: AsyncIterable<KnownEntry> | Iterable<KnownEntry>,
  sources: EntrySources,
  { compress, comment }: ZipStreamOptions,
): AsyncGenerator<Uint8Array, void> {
  const written: WrittenMember[] = [];
  let at = 0;
  for await (const entry of entries) {
    const member = memberOf(entry, compress);
    const offset = at;
    const measures = { ...UNKNOWN };
    for await (const bytes of memberBytes(entry, member, sources, measures)) {
      at += bytes.length;
      yield bytes;
    }
    written.push({ member, measures, offset });
  }
  const offset = at;
  for (const { member, measures, offset: begin } of written) {
    const header = centralHeader(member, measures, begin);
    at += header.length;
    yield header;
  }
  const count = written.length;
  yield endOfArchive({ count, offset, length: at - offset, comment });
}

async function* memberBytes(
  entry: KnownEntry,
  member: ZipMember,
  sources: EntrySources,
  measures: { -readonly [Key in keyof ZipMeasures]: number },
): AsyncGenerator<Uint8Array, void> {
  yield localHeader(member, UNKNOWN);
  if (!member.hasDescriptor) return;
  async function* source(): AsyncGenerator<Uint8Array, void> {
    for await (const bytes of sources.read(entry, { checksum: true })) {
      measures.size += bytes.length;
      yield bytes;
    }
  }
  const data = member.isDeflated ? deflated(source()) : source();
  for await (const bytes of data) {
    measures.compressed += bytes.length;
    yield bytes;
  }
  measures.crc32 = entry.crc32 ?? 0;
  yield descriptor(member, measures);
}

function memberOf(entry: KnownEntry, compress: boolean): ZipMember {
  const { path, modified, mode, size, file } = entry;
  const isEmpty = !file || size === 0;
  return {
    path,
    modified,
    mode,
    isDeflated: compress && !isEmpty && !isCompressed(entry),
    hasDescriptor: !isEmpty,
    isLarge: !isEmpty && !(size !== undefined && size < SURELY_SMALL),
  };
}

function deflated(source: AsyncIterable<Uint8Array>): AsyncIterable<Buffer> {
  const deflate = createDeflateRaw();
  const bytes = Readable.from(source, { objectMode: false });
  // One that fails ends the other, and whoever reads it is told.
  pipeline(bytes, deflate, () => undefined);
  return deflate;
}

const COMPRESSED_APPLICATIONS =
  /^application\/(?:(?:x-)?(?:gzip|zip|bzip2?|7z-compressed|xz|zstd)|vnd\.rar|java-archive|epub\+zip|vnd\.(?:openxmlformats-|oasis\.opendocument\.).*|vnd\.ms-.*\.macroenabled\.12|vnd\.android\.package-archive|x-apple-diskimage)$/;
const COMPRESSED_MEDIA =
  /^(?:audio\/(?!(?:x-|vnd\.)?(?:wave?|aiff|midi?|basic)$)|video\/|image\/(?!svg|bmp|x-|tiff|vnd\.(?:adobe|microsoft)|wmf|emf)|font\/woff)/;
/** Of those that have no registered type. */
const COMPRESSED_EXTENSION = /\.(?:tgz|tbz2?|txz|zst|br|lz4?|lzma)$/i;

/** Whether to compress it once more would take time and no byte away. */
function isCompressed(entry: KnownEntry): boolean {
  const { path, contentType, encoding, file } = entry;
  const given =
    contentType ?? mediaTypeOf(path) ?? mediaTypeOf(file?.name ?? '');
  const type = parseMediaType(given)?.type ?? '';
  return (
    encoding !== undefined ||
    COMPRESSED_MEDIA.test(type) ||
    COMPRESSED_APPLICATIONS.test(type) ||
    COMPRESSED_EXTENSION.test(path)
  );
}
