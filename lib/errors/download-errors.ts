import { quote } from './quote.js';
import { becomesJson } from './sent-as-json.js';

/**
 * What every error of this library is: `code` is stable and meant for programs, `message` for people
 * and logs (never for the client), `cause` the error underneath.
 *
 * @publicApi
 */
export abstract class DownloadError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * The file is not the one any more that was described: its entity tag is another. Storages throw it
 * where a window is asked for with `ifMatch`; the answer is then decided once more.
 *
 * @publicApi
 */
export class FileChangedError extends DownloadError {
  readonly code = 'FILE_CHANGED';
}

/**
 * There is no such file for this client: it does not exist, is not a regular file, its row is missing
 * or may not be read. The client gets 404 (RFC 9110 15.5.5); the reason stands in the log only.
 *
 * @publicApi
 */
export class FileNotFoundError extends DownloadError {
  readonly code: string = 'FILE_NOT_FOUND';
}

/**
 * An option is wrong. Thrown while the application boots, or where the option is given.
 *
 * @publicApi
 */
export class InvalidOptionsError extends DownloadError {
  readonly code = 'INVALID_OPTIONS';

  /**
   * @param option name of the option, as the user typed it: `rules[0].destination`
   * @param given the value that was given
   * @param accepted what is accepted, and what to do
   */
  constructor(
    readonly option: string,
    given: unknown,
    readonly accepted: string,
  ) {
    super(`Invalid option "${option}": ${quote(given)} was given. ${accepted}`);
  }
}

/**
 * A signed link does not hold: it was changed, is for something else or somebody else, or its time is
 * not now. The client gets 403 (RFC 9110 15.5.4), the same for every reason; the reason stands in the
 * message, without the link's query.
 *
 * @publicApi
 */
export class InvalidSignatureError extends DownloadError {
  readonly code = 'INVALID_SIGNATURE';
}

/**
 * Why a remote file could not be had.
 *
 * @publicApi
 */
export type RemoteFailure =
  'not-allowed' | 'refused' | 'timed-out' | 'too-large';

/**
 * The remote server did not hand out the file. `reason` decides what the client gets: 504 for
 * `timed-out`, 502 for the others (RFC 9110 15.6.3, 15.6.5).
 *
 * @publicApi
 */
export class RemoteFileError extends DownloadError {
  readonly code = 'REMOTE_FILE';

  constructor(
    readonly reason: RemoteFailure,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/**
 * A file or response was turned into JSON: an interceptor wrapped it, or a handler returned it inside
 * another object. It is refused, because its fields would tell the client paths of the server.
 *
 * @publicApi
 */
export class SerializedFileError extends DownloadError {
  readonly code = 'SERIALIZED_FILE';

  constructor(what: string) {
    super(
      `${what} was about to be serialised to JSON. An interceptor wraps every answer, such as ` +
        'map((data) => ({ data })): let files pass, ' +
        'map((data) => data instanceof StreamableFile ? data : { data }). ' +
        'A handler that returns a file needs @Download().',
    );
  }
}

/**
 * A `toJSON()` that tells the name. As a property of its own, not of the class: class-transformer looks at
 * those alone, and what it has taken apart is known by it.
 *
 * @internal
 */
export function nameAlone(this: { readonly name: string }): { name: string } {
  becomesJson();
  return { name: this.name };
}

/**
 * A `toJSON()` that refuses. As a property of its own, not of the class: class-transformer looks at those
 * alone, and calls what is a function, while JSON.stringify() calls either.
 *
 * @internal
 */
export function refuseSerialization(what: string): () => never {
  return () => {
    throw becomesJson(new SerializedFileError(what));
  };
}

/**
 * Why a store could not be asked: it does not answer (`unreachable`, `timed-out`), it is asked too much
 * (`throttled`), it knows no such bucket or container (`no-bucket`), it does not take the credentials
 * (`credentials`), or the clock of this machine is off by more than it allows (`clock`).
 *
 * @publicApi
 */
export type StorageFailure =
  | 'unreachable'
  | 'timed-out'
  | 'throttled'
  | 'no-bucket'
  | 'credentials'
  | 'clock';

/**
 * The storage could not be asked: it is down, the disk fails (EIO) or descriptors ran out (EMFILE).
 * The client gets 503 (RFC 9110 15.6.4).
 *
 * @publicApi
 */
export class StorageUnavailableError extends DownloadError {
  readonly code = 'STORAGE_UNAVAILABLE';
  /** Why, where a store is known to say it. */
  readonly reason?: StorageFailure;

  constructor(
    message: string,
    options: { cause?: unknown; reason?: StorageFailure } = {},
  ) {
    super(message, options);
    this.reason = options.reason;
  }
}

/**
 * As many downloads go on for the same client as may go on at once. The client gets 429 (RFC 6585 4).
 *
 * @internal
 */
export class TooManyDownloadsError extends DownloadError {
  readonly code = 'TOO_MANY_DOWNLOADS';
}

/**
 * A path or key that no honest link holds: it leaves its root, has an empty, `.` or `..` segment, a
 * NUL, an encoded slash, or names a hidden file. The client gets the same 404 as for a missing file.
 *
 * @publicApi
 */
export class SuspiciousPathError extends FileNotFoundError {
  override readonly code = 'SUSPICIOUS_PATH';
}

/**
 * A path without a root that leads somewhere else than it begins. Nobody's link is wrong then, but the
 * application's own code: the log says so aloud.
 *
 * @internal
 */
export class UnconfinedPathError extends SuspiciousPathError {}
