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
import { TAR_LAYOUT, tarStream } from './tar-layout.js';

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
