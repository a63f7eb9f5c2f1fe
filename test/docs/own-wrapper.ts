import { Readable } from 'node:stream';

import {
  type DownloadFile,
  type FileStat,
  type ReadWindow,
} from 'nestjs-downloadview';

export interface BlobRow {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  readonly savedAt: Date;
}

/** Bytes of a column that is read only when they are sent. */
export class BlobFile implements DownloadFile {
  readonly untrusted = true; // users decided about its content
  readonly name: string;
  readonly #row: BlobRow;
  readonly #load: () => Promise<Uint8Array>;

  constructor(row: BlobRow, load: () => Promise<Uint8Array>) {
    this.name = row.name;
    this.#row = row;
    this.#load = load;
  }

  stat(): FileStat {
    const { size, sha256, savedAt } = this.#row;
    return { size, lastModified: savedAt, etag: `"${sha256}"` };
  }

  async open({ start = 0, end = Infinity }: ReadWindow = {}) {
    const bytes = await this.#load();
    return Readable.from([bytes.subarray(start, end + 1)]); // `end` is the last byte
  }
}
