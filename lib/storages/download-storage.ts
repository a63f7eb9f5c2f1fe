import { type Readable } from 'node:stream';

import { type Awaitable } from './awaitable.js';
import {
  type FileStat,
  type ReadWindow,
  type StatOptions,
} from './file-stat.js';
import { type HoldOptions, type OpenFile } from './local-descriptor.js';
import { type RemoteAnswer, type RemoteConditions } from './remote-answer.js';

/**
 * What a storage takes as the content of a new file.
 *
 * @publicApi
 */
export type StorageContent =
  string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * How a new file is kept.
 *
 * @publicApi
 */
export interface SaveOptions {
  /**
   * What becomes of a key that is taken: `suffix`, the default, keeps the new file under the same name with
   * a random suffix; `keep` leaves the file that is there, and nothing remains of the new one. For files that
   * are the same whoever makes them.
   */
  readonly ifTaken?: 'suffix' | 'keep';
}

/**
 * How a temporary URL is to present the file.
 *
 * @publicApi
 */
export interface TemporaryUrlOptions {
  /** Seconds until the URL stops working. */
  readonly expiresIn: number;
  readonly basename?: string;
  readonly contentType?: string;
  readonly attachment?: boolean;
  /** What the store is to say in Cache-Control. */
  readonly cacheControl?: string;
  /**
   * The version that the address leads to, and to no other; only for a file whose store knows versions by address.
   *
   * @internal
   */
  readonly version?: string;
}

/**
 * Where files live, by key: a relative path with `/` between its segments. Extend it for a store of
 * your own; `storageContract()` of `nestjs-downloadview/testing` says whether it holds.
 *
 * Keys are never normalised. One that is empty, absolute, or has an empty, `.` or `..` segment or a
 * NUL is refused with SuspiciousPathError.
 *
 * @publicApi
 */
export abstract class DownloadStorage {
  /**
   * The facts of a file; reads nothing.
   *
   * @param options a signal that fires when the client has left; a storage that answers at once may ignore it
   * @throws FileNotFoundError where there is none
   * @throws StorageUnavailableError when the storage cannot be asked
   */
  abstract stat(key: string, options?: StatOptions): Promise<FileStat>;

  /**
   * The bytes of a window of a file. It settles once it is known that the file can be read, not before.
   *
   * @throws FileNotFoundError where there is none
   * @throws StorageUnavailableError when the storage cannot be asked
   */
  abstract open(key: string, window?: ReadWindow): Promise<Readable>;

  /** Whether there is a file under this key. */
  abstract exists(key: string): Promise<boolean>;

  /**
   * Keeps a new file and gives the key that it got: `key` itself, or, where that is taken, the same
   * name with a random suffix. It never overwrites, and nobody sees a file that is half written.
   *
   * @param options with `ifTaken: 'keep'`, the file that is there stays, and `key` comes back; of several that
   *   are saved at once, the first stays
   * @throws StorageUnavailableError when the storage cannot be asked, and what the content fails with
   */
  abstract save(
    key: string,
    content: StorageContent,
    options?: SaveOptions,
  ): Promise<string>;

  /** Removes a file. A missing one is no error. */
  abstract delete(key: string): Promise<void>;

  /**
   * For a store that answers ranges and conditions itself: facts and bytes in one round trip, in place of
   * `stat()` and `open()`. It is asked for GET with at most one range; where the file is not the one of
   * `ifRange`, the whole of it comes back. `open()` has to keep to `ifMatch` then.
   *
   * @throws FileNotFoundError where there is none
   * @throws StorageUnavailableError when the storage cannot be asked
   */
  request?(key: string, conditions: RemoteConditions): Promise<RemoteAnswer>;

  /**
   * The URL path or address under which a web server can fetch the file, if it can.
   *
   * @param options for the signed links of `signedUrls()`: seconds that the link works, the module's by default
   */
  url?(key: string, options?: { readonly expiresIn?: number }): string;

  /**
   * The same as a web server in front is told it, where `url()` gives clients another one.
   *
   * @internal
   */
  sourceUrl?(key: string): string;

  /** The absolute path of the file, if it lies on a disk of this machine. */
  path?(key: string): string;

  /**
   * A signed address of the store itself that works for a while, if the store knows such. Give it in the
   * form that `URL` gives it back in, `new URL(address).href`: any other is taken for no address.
   *
   * @throws StorageUnavailableError when the storage cannot be asked
   */
  temporaryUrl?(key: string, options: TemporaryUrlOptions): Promise<string>;

  /**
   * Whether a subclass gives other bytes by its `open()` than its other methods lead to.
   *
   * @internal
   */
  get hasOwnBytes(): boolean {
    return false;
  }

  /**
   * Holds a file open, so that facts and bytes are of one and the same; for storages on a local disk.
   *
   * @internal
   */
  hold?(key: string, options?: HoldOptions): Awaitable<OpenFile>;
}
