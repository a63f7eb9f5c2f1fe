import {
  HttpException,
  type HttpExceptionOptions,
  HttpStatus,
} from '@nestjs/common';

const LONGEST = 200;
const SECRET = /secret/i;
const CREDENTIALS = /\/\/[^\s/?#@"']+@/g;
// Control characters, line and paragraph separators and bidi marks: they would forge or reorder log lines.
const UNSAFE =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/gu;

/**
 * A value from outside, made safe to stand in a log line or an error message: quoted, control and
 * bidirectional characters escaped, cut at 200 characters.
 *
 * @internal
 */
export function quote(value: unknown): string {
  const given = typeof value === 'string' ? value : describe(value);
  const text = given.replace(CREDENTIALS, '//[hidden]@');
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  const escaped = cut.replace(
    UNSAFE,
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return typeof value === 'string' ? `'${escaped}'` : escaped;
}

function describe(value: unknown): string {
  if (typeof value === 'function') return `[function ${value.name}]`;
  // JSON has neither Infinity nor NaN.
  if (['number', 'bigint', 'symbol'].includes(typeof value)) {
    return String(value);
  }
  // JSON would show a promise, or the body of a request, as {}.
  if (hasOwnTag(value)) return tagOf(value);
  try {
    return JSON.stringify(value, withoutSecrets) ?? 'undefined';
  } catch {
    return tagOf(value);
  }
}

function hasOwnTag(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Symbol.toStringTag in value &&
    !ArrayBuffer.isView(value)
  );
}

/** `[object Promise]` */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}

function withoutSecrets(name: string, value: unknown): unknown {
  return SECRET.test(name) ? '[hidden]' : value;
}

/**
 * What a value is, for messages that must not show it: it may be a secret.
 *
 * @internal
 */
export function kindOf(value: unknown): unknown {
  if (value === undefined || value === null) return value;
  if (Array.isArray(value)) return 'a list';
  if (hasOwnTag(value)) return tagOf(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

const MOST_KEYS = 20;

/**
 * What somebody gave in place of something else, for messages that must show nothing of it: its kind, and of
 * an object the names of its keys.
 *
 * @internal
 */
export function shapeOf(value: unknown): unknown {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return 'bytes';
  const kind = kindOf(value);
  if (kind !== 'an object') return kind;
  const keys = Object.keys(value as object);
  if (keys.length === 0) return 'an object without keys';
  const names = keys.slice(0, MOST_KEYS).join(', ');
  return `an object with the keys ${names}${keys.length > MOST_KEYS ? ' ...' : ''}`;
}

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

/**
 * With the body that Nest gives an unknown error, which it would log once more.
 *
 * @internal
 */
export class InternalErrorException extends HttpException {
  constructor(_body?: undefined, options?: HttpExceptionOptions) {
    const statusCode = HttpStatus.INTERNAL_SERVER_ERROR;
    const message = 'Internal server error';
    super({ statusCode, message }, statusCode, options);
  }
}

/** @returns what is thrown in place of an error */
type Tell = (error?: Error) => Error;

let sending: Tell | undefined;

/**
 * Sends an answer of the application, and tells once where JSON is made of a file for it. What makes JSON at
 * another time, such as a log line, is nobody's affair.
 *
 * @internal
 */
export function whileSending<T>(tell: Tell, send: () => T): T {
  const outer = sending;
  sending = tell;
  try {
    return send();
  } finally {
    sending = outer;
  }
}

/**
 * To be called by each file, and each download that is not decided, whose `toJSON()` is called.
 *
 * @param refusal what it is about to throw
 * @returns what to throw then
 * @internal
 */
export function becomesJson(): void;
export function becomesJson(refusal: Error): Error;
export function becomesJson(refusal?: Error): Error | undefined {
  const tell = sending;
  sending = undefined;
  return tell?.(refusal) ?? refusal;
}
