import { createHash, randomBytes } from 'node:crypto';
import { type Readable } from 'node:stream';

import { type DownloadFile } from '../../files/download-file.js';
import { type Awaitable } from '../../storages/awaitable.js';
import { type FileStat, type ReadWindow } from '../../storages/file-stat.js';
import { type OpenFile } from '../../storages/open-file.js';

/**
 * A file with a strong tag that is one grant's alone: a client that holds its bytes against it shows whose
 * they are. An origin of the file is not asked to judge by it, as `request()` would.
 *
 * @internal
 */
export class TaggedFile implements DownloadFile {
  readonly name: string;
  readonly untrusted?: boolean;
  readonly acceptsRanges?: boolean;
  readonly hold?: () => Promise<OpenFile>;
  readonly wasModifiedSince?: (since: Date) => Awaitable<boolean>;
  #ownTag?: string;

  /** @param grantId which stands in the tag */
  constructor(
    readonly file: DownloadFile,
    private readonly grantId: string,
  ) {
    this.name = file.name;
    this.untrusted = file.untrusted;
    this.acceptsRanges = file.acceptsRanges;
    const hold = file.hold?.bind(file);
    if (hold) {
      this.hold = async () => {
        const open = await hold();
        return { ...open, stat: this.#tagged(open.stat) };
      };
    }
    this.wasModifiedSince = file.wasModifiedSince?.bind(file);
  }

  get path(): string | undefined {
    return this.file.path;
  }

  get url(): string | undefined {
    return this.file.url;
  }

  get sourceUrl(): string | undefined {
    return this.file.sourceUrl;
  }

  get temporaryUrl(): DownloadFile['temporaryUrl'] {
    return this.file.temporaryUrl?.bind(this.file);
  }

  async stat(): Promise<FileStat> {
    return this.#tagged(await this.file.stat());
  }

  /** The file itself knows only its own tag. */
  open(window: ReadWindow = {}): Awaitable<Readable> {
    return this.file.open({ ...window, ifMatch: this.#ownTag });
  }

  discard(): void {
    this.file.discard?.();
  }

  toJSON(): unknown {
    return this.file;
  }

  #tagged(stat: FileStat): FileStat {
    // A weak tag does not promise the same bytes.
    this.#ownTag = stat.etag?.startsWith('"') ? stat.etag : undefined;
    return { ...stat, etag: `"${this.grantId}.${fingerprint(stat)}"` };
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
