import { createHash, randomBytes } from 'node:crypto';
import { type Readable } from 'node:stream';

import { type DownloadFile, WrappedFile } from '../../files/download-file.js';
import {
  type Awaitable,
  type FileStat,
  type ReadWindow,
} from '../../storages/file-stat.js';

/**
 * A file with a strong tag that is one grant's alone: a client that holds its bytes against it shows whose
 * they are. An origin of the file is not asked to judge by it, as `request()` would.
 *
 * @internal
 */
export class TaggedFile extends WrappedFile {
  readonly untrusted?: boolean;
  /** The file's own tags, by ours. */
  readonly #ownTags = new Map<string, string | undefined>();

  /** @param grantId which stands in the tag */
  constructor(
    file: DownloadFile,
    private readonly grantId: string,
  ) {
    super(file);
    this.untrusted = file.untrusted;
  }

  /** The file itself knows only its own tag. */
  open(window: ReadWindow = {}): Awaitable<Readable> {
    const ifMatch = this.#ownTags.get(window.ifMatch ?? '');
    return this.file.open({ ...window, ifMatch });
  }

  protected override restated(stat: FileStat): FileStat {
    const etag = `"${this.grantId}.${fingerprint(stat)}"`;
    // A weak tag does not promise the same bytes.
    const own = stat.etag?.startsWith('"') ? stat.etag : undefined;
    this.#ownTags.set(etag, own);
    return { ...stat, etag };
  }
}

/** Of a file that says nothing, a tag that matches nothing. */
function fingerprint({ etag, lastModified, size }: FileStat): string {
  if (etag === undefined && lastModified === undefined) {
    return randomBytes(12).toString('base64url');
  }
  return createHash('sha256')
    .update([etag, lastModified?.getTime(), size].join(' '))
    .digest('base64url')
    .slice(0, 16);
}
