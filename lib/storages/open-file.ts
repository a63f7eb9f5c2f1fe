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
  /** The descriptor, for whoever reads it faster than a stream does. */
  readonly descriptor: number;
  /**
   * A stream of the window; it closes the file when it ends or is destroyed.
   *
   * @throws FileChangedError where `ifMatch` is another tag; the file is closed then, too
   */
  read(window?: ReadWindow): Readable;
  /** Whether the bytes that were described are still there: not truncated, not written over. */
  isIntact(): boolean;
  /** Lets go of a file that is not going to be read by `read()`. */
  close(): void;
}
