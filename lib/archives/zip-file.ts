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
import { ZipLayout } from './zip-layout.js';
import { zipStream } from './zip-stream.js';

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
