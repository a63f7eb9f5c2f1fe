import { Readable } from 'node:stream';

import {
  type DownloadFile,
  FileChangedError,
  FileNotFoundError,
  type FileStat,
  type ReadWindow,
} from 'nestjs-downloadview';

/** A file of a store that counts what it is asked. */
export class StoredFile implements DownloadFile {
  /** What was asked, in its order: `stat`, `open 0-9`. */
  readonly asked: string[] = [];
  /** How many bytes its streams have given. */
  taken = 0;
  /** How many of its streams are open. */
  opened = 0;
  etag: string | undefined;

  constructor(
    readonly name: string,
    public content: Buffer | undefined,
    readonly facts: FileStat = {},
  ) {
    this.etag = 'etag' in facts ? facts.etag : `"${name}-1"`;
  }

  async stat(): Promise<FileStat> {
    this.asked.push('stat');
    await Promise.resolve();
    const content = this.#content();
    return { size: content.length, ...this.facts, etag: this.etag };
  }

  async open({ start = 0, end, ifMatch }: ReadWindow = {}): Promise<Readable> {
    this.asked.push(`open ${start}-${end ?? ''}`);
    await Promise.resolve();
    const content = this.#content();
    if (ifMatch !== undefined && ifMatch !== this.etag) {
      throw new FileChangedError('It is another one now');
    }
    const window = content.subarray(start, (end ?? content.length) + 1);
    this.opened += 1;
    let at = 0;
    const take = (): Buffer | null => {
      const piece = window.subarray(at, at + PIECE);
      at += piece.length;
      this.taken += piece.length;
      return piece.length > 0 ? piece : null;
    };
    return new Readable({
      highWaterMark: PIECE,
      read() {
        this.push(take());
      },
      destroy: (error, callback) => {
        this.opened -= 1;
        callback(error);
      },
    });
  }

  #content(): Buffer {
    if (!this.content) throw new FileNotFoundError('There is none');
    return this.content;
  }
}

const PIECE = 16 * 1024;

const ZEROS = Buffer.alloc(1024 * 1024);

/** A file of any size that takes no memory. */
export function zeros(name: string, size: number): DownloadFile {
  function* pieces(start: number, end: number): Generator<Buffer> {
    for (let at = start; at <= end; at += ZEROS.length) {
      yield ZEROS.subarray(0, Math.min(ZEROS.length, end + 1 - at));
    }
  }
  return {
    name,
    stat: () => ({ size, etag: `"${name} ${size}"` }),
    open: ({ start = 0, end = size - 1 } = {}) =>
      // Piece by piece: put together, they would be copied.
      Readable.from(pieces(start, end), {
        objectMode: false,
        highWaterMark: 1,
      }),
  };
}
