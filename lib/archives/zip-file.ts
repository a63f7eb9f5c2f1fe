import {
  type OptionChecks,
  TRUE_OR_FALSE,
  wholeNumber,
} from '../errors/check-options.js';
import { type ArchiveEntries } from './archive-entry.js';
import {
  ARCHIVE_CHECKS,
  ArchiveFile,
  type ArchiveOptions,
  checkArchiveOptions,
} from './archive-file.js';
import { zipStream } from './zip-stream.js';
import { type KnownEntry } from './known-entry.js';
import { type ArchiveLayout, type ArchiveTrailer } from './archive-plan.js';
import {
  centralHeader,
  centralHeaderLength,
  descriptor,
  descriptorLength,
  endOfArchive,
  localHeader,
  localHeaderLength,
  MAX_32,
  type ZipMeasures,
  type ZipMember,
} from './zip-format.js';

/**
 * A ZIP file whose members are stored as they are.
 *
 * The CRC-32 of a member comes after its data unless the application gives it: whether it happens to be known
 * already must not change a byte.
 *
 * @internal
 */
export class ZipLayout implements ArchiveLayout {
  readonly hasChecksums = true;
  readonly #comment: Buffer;

  constructor(comment: Buffer) {
    this.#comment = comment;
  }

  get kind(): string {
    return `zip 1 ${this.#comment.toString('base64')}`;
  }

  headLength(entry: KnownEntry): number {
    return localHeaderLength(storedMember(entry));
  }

  head(entry: KnownEntry): Buffer {
    return localHeader(storedMember(entry), measuresOf(entry));
  }

  tailLength(entry: KnownEntry): number {
    return descriptorLength(storedMember(entry));
  }

  tail(entry: KnownEntry): Buffer {
    return descriptor(storedMember(entry), measuresOf(entry));
  }

  trailer(
    entries: readonly KnownEntry[],
    starts: Float64Array,
  ): ArchiveTrailer {
    const count = entries.length;
    const offset = starts[count];
    const pieces = new Float64Array(count + 2);
    pieces[0] = offset;
    entries.forEach((entry, index) => {
      const member = storedMember(entry);
      const length = centralHeaderLength(
        member,
        measuresOf(entry),
        starts[index],
      );
      pieces[index + 1] = pieces[index] + length;
    });
    const end = endOfArchive({
      count,
      offset,
      length: pieces[count] - offset,
      comment: this.#comment,
    });
    pieces[count + 1] = pieces[count] + end.length;
    return {
      starts: pieces,
      entry: (index) => entries[index],
      piece(index) {
        if (index === count) return end;
        const entry = entries[index];
        const measures = measuresOf(entry);
        return centralHeader(storedMember(entry), measures, starts[index]);
      },
    };
  }
}

function storedMember(entry: KnownEntry): ZipMember {
  const { path, modified, mode, size = 0, givenCrc32 } = entry;
  return {
    path,
    modified,
    mode,
    isDeflated: false,
    hasDescriptor: size > 0 && givenCrc32 === undefined,
    isLarge: size >= MAX_32,
  };
}

function measuresOf({ size = 0, crc32 = 0 }: KnownEntry): ZipMeasures {
  return { size, compressed: size, crc32 };
}

/**
 * Options of ZipFile.
 *
 * @publicApi
 */
export interface ZipFileOptions extends ArchiveOptions {
  /**
   * Whether the files are compressed, those excepted whose type is compressed already; false by default. A
   * compressed archive has no length, no tag of its own and no ranges.
   */
  readonly compress?: boolean;
  /** A comment on the archive, at most 65,535 bytes of UTF-8. */
  readonly comment?: string;
  /**
   * How many bytes may be read to learn checksums for a range, beside those that it sends; 1 GiB by default.
   * Where more would have to be, the answer is the whole archive.
   */
  readonly crcLimit?: number;
}

const CRC_LIMIT = 1024 ** 3;
const MAX_COMMENT = 0xffff;

const CHECKS: OptionChecks<ZipFileOptions> = {
  ...ARCHIVE_CHECKS,
  compress: TRUE_OR_FALSE,
  comment: [
    (value) =>
      typeof value === 'string' && Buffer.byteLength(value) <= MAX_COMMENT,
    'Give a text of at most 65,535 bytes.',
  ],
  crcLimit: [
    (value) => value === Infinity || wholeNumber(0, '')[0](value),
    'Give whole bytes, 0 or more.',
  ],
};

/**
 * Many files as one ZIP file, made while it is sent: nothing is written to a disk, and one file is open at a
 * time.
 *
 * ```ts
 * new ZipFile([new LocalFile('/srv/legal/terms.pdf'), { file, path: '2026/invoice.pdf' }], { name: 'papers.zip' })
 * new ZipFile(() => rows(), { name: 'photos.zip' })
 * ```
 *
 * The files are stored as they are, so that the length, a strong tag and every range of the archive are known
 * before a byte is read: progress, resuming, parallel parts and 304 work as with any other file. For that all
 * entries are drawn, and their files asked, before the first byte; an entry with `size` and `etag` is not asked.
 * A file without a strong tag leaves the archive without tag and ranges, one without a size also without length.
 *
 * Files of several storages may lie in one archive; it always goes through the application.
 *
 * @publicApi
 */
export class ZipFile extends ArchiveFile {
  /**
   * @param entries the files, or a function that gives them: an archive that is kept for more than one request
   *   needs the function, unless the entries are a list
   * @throws InvalidOptionsError for what are no entries, and for options that are wrong
   */
  constructor(entries: ArchiveEntries, options: ZipFileOptions) {
    checkArchiveOptions('ZipFile', options, CHECKS, "{ name: 'photos.zip' }");
    const { compress = false, crcLimit = CRC_LIMIT } = options;
    const comment = Buffer.from(options.comment ?? '');
    super(entries, options, {
      owner: 'ZipFile',
      contentType: 'application/zip',
      layout: compress ? undefined : new ZipLayout(comment),
      crcLimit,
      made: (known, sources) =>
        zipStream(known, sources, { compress, comment }),
    });
  }
}
