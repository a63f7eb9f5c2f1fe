import { type Readable } from 'node:stream';

import {
  type Awaitable,
  type FileStat,
  type ReadWindow,
} from '../storages/file-stat.js';
import { type OpenFile } from '../storages/local-descriptor.js';
import { type DownloadFile } from './download-file.js';

/**
 * Another file of which something else is said: where it is and what its bytes are is the file's own affair.
 *
 * @internal
 */
export abstract class WrappedFile implements DownloadFile {
  readonly acceptsRanges?: boolean;
  readonly hold?: () => Promise<OpenFile>;
  readonly wasModifiedSince?: (since: Date) => Awaitable<boolean>;

  constructor(
    readonly file: DownloadFile,
    readonly name = file.name,
  ) {
    this.acceptsRanges = file.acceptsRanges;
    const hold = file.hold?.bind(file);
    if (hold) {
      this.hold = async () => {
        const open = await hold();
        return { ...open, stat: this.restated(open.stat) };
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
    return this.restated(await this.file.stat());
  }

  abstract open(window?: ReadWindow): Awaitable<Readable>;

  discard(): void {
    this.file.discard?.();
  }

  toJSON(): unknown {
    return this.file;
  }

  /** The facts as they are told. */
  protected abstract restated(stat: FileStat): FileStat;
}
