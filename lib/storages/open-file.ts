import { type Readable } from 'node:stream';

import { type FileStat, type ReadWindow } from './file-stat.js';

/**
 * A file held open: the facts and the bytes are of one and the same file, whatever happens to its
 * name meanwhile. Either read once, or closed.
 *
 * @internal
 */
export interface OpenFile {
  readonly stat: FileStat;
  /** A stream of the window; it closes the file when it ends or is destroyed. */
  read(window?: ReadWindow): Readable;
  /** Lets go of a file that is not going to be read. */
  close(): Promise<void>;
}
