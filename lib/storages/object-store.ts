import { type Readable } from 'node:stream';

import { type OptionCheck } from '../errors/check-options.js';
import { type StorageFailure, quote } from '../errors/download-errors.js';
import { formatMediaType, parseMediaType } from '../http/media-type.js';
import { type ByteRange, type RangeSpec } from '../http/range.js';
import { type FileStat } from './file-stat.js';
import { keySegments } from './storage-key.js';

/**
 * What a store is asked for: one range, and what the object has to be for an answer with bytes.
 *
 * @internal
 */
export interface ObjectConditions {
  readonly range?: RangeSpec;
  readonly ifMatch?: string;
  readonly ifUnmodifiedSince?: Date;
  /** One strong tag. */
  readonly ifNoneMatch?: string;
  readonly ifModifiedSince?: Date;
  readonly signal?: AbortSignal;
}

/**
 * What it answered.
 *
 * @internal
 */
export interface ObjectAnswer {
  /** Of the whole object. */
  readonly stat: FileStat;
  /** Where the bytes are a part of it. */
  readonly range?: ByteRange;
  readonly stream: Readable;
}

/**
 * How an object is written.
 *
 * @internal
 */
export interface NewObject {
  readonly contentType?: string;
  /** Whether one that is there stays, and the new one is refused. */
  readonly onlyIfFree: boolean;
}

/**
 * What stands in a signed address.
 *
 * @internal
 */
export interface SignedPresentation {
  readonly expiresIn: number;
  readonly disposition?: string;
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly version?: string;
}

/**
 * What a store said in place of what it was asked for.
 *
 * @internal
 */
export interface StoreRefusal {
  readonly kind:
    | 'missing'
    | 'forbidden'
    | 'not-modified'
    | 'precondition-failed'
    | 'unsatisfiable'
    | 'conflict'
    | 'unavailable';
  readonly reason?: StorageFailure;
  /** For the log. */
  readonly text: string;
  /** What it said of the object all the same. */
  readonly stat?: FileStat;
}

/**
 * A store in the words of its library, whose errors it lets through.
 *
 * @internal
 */
export interface ObjectStore {
  /** Bytes that are sent at once; what is longer goes by `upload()`. */
  readonly partSize: number;
  head(object: string, signal?: AbortSignal): Promise<FileStat>;
  get(object: string, conditions: ObjectConditions): Promise<ObjectAnswer>;
  put(object: string, bytes: Buffer, how: NewObject): Promise<void>;
  /** Nothing is left of one that fails. */
  upload(object: string, content: Readable, how: NewObject): Promise<void>;
  remove(object: string): Promise<void>;
  sign(object: string, presentation: SignedPresentation): Promise<string>;
  refusalOf(error: unknown): StoreRefusal;
  /** Whether `put()` heeds `onlyIfFree`. */
  hasConditionalWrites(): Promise<boolean>;
  /** Why it holds no object under a key that is plain otherwise. */
  faultOf?(segments: readonly string[]): string | undefined;
}

/** @internal */
export const A_PREFIX: OptionCheck = [
  (value: unknown): boolean =>
    value === '' || (typeof value === 'string' && isPrefix(value)),
  "Give a plain relative path: 'media/'.",
];

/** @internal */
export const AN_ADDRESS: OptionCheck = [
  (value: unknown): boolean => typeof value === 'string' && URL.canParse(value),
  "Give an address: 'https://media.example/'.",
];

function isPrefix(value: string): boolean {
  try {
    return keySegments(value.replace(/\/$/, '')).length > 0;
  } catch {
    return false;
  }
}

/**
 * Facts of an object as stores tell them.
 *
 * @internal
 */
export function statOfObject({
  size,
  lastModified,
  etag,
  contentType,
  encoding,
  sha256,
  crc32,
}: Pick<
  FileStat,
  'size' | 'lastModified' | 'etag' | 'contentType' | 'encoding'
> & {
  /** Of all bytes, as base64. */
  readonly sha256?: string;
  readonly crc32?: string;
}): FileStat {
  const media = parseMediaType(contentType);
  const codings = (encoding ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => !NO_CODINGS.has(coding));
  return {
    size,
    lastModified,
    etag,
    version: etag?.startsWith('"') ? etag : undefined,
    contentType:
      media && media.type !== NO_TYPE
        ? formatMediaType({ type: media.type })
        : undefined,
    charset: media?.charset,
    encoding: codings.length > 0 ? codings.join(', ') : undefined,
    acceptsRanges: true,
    ...(sha256 !== undefined && { digest: `sha-256=:${sha256}:` }),
    ...(crc32 !== undefined && {
      crc32: Buffer.from(crc32, 'base64').readUInt32BE(),
    }),
  };
}

/** What S3 says of an object that nobody gave a type. */
const NO_TYPE = 'binary/octet-stream';
/** aws-chunked is the way that an object came in, which some stores keep. */
const NO_CODINGS = new Set(['', 'identity', 'aws-chunked']);

// Some clients have the code of a connection only in a message.
const UNREACHABLE =
  /\b(?:ECONN[A-Z]+|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EPIPE|E?(?:RR_)?(?:SSL|TLS|CERT)_\w+|\w+_CERT\w*|REQUEST_SEND_ERROR)\b/;
const TIMED_OUT = /\b(?:ETIMEDOUT|ESOCKETTIMEDOUT|TimeoutError)\b/;
const NO_CREDENTIALS = /credential|TokenProvider|Authentication/i;

/**
 * What an error means that is no answer of a store: it could not be asked, or was not any more.
 *
 * @internal
 */
export function failureOfConnection(error: unknown): StoreRefusal {
  const words = wordsOf(error);
  const text = `the store could not be asked: ${words.map(quote).join(', ')}`;
  const reason = words.some((word) => TIMED_OUT.test(word))
    ? 'timed-out'
    : words.some((word) => UNREACHABLE.test(word))
      ? 'unreachable'
      : words.some((word) => NO_CREDENTIALS.test(word))
        ? 'credentials'
        : undefined;
  return { kind: 'unavailable', reason, text };
}

const BY_STATUS: Readonly<Record<number, StoreRefusal['kind']>> = {
  304: 'not-modified',
  404: 'missing',
  412: 'precondition-failed',
  416: 'unsatisfiable',
};
const FAILURES: Readonly<Record<number, StorageFailure>> = {
  401: 'credentials',
  408: 'timed-out',
  429: 'throttled',
  502: 'unreachable',
  503: 'throttled',
  504: 'timed-out',
};

/**
 * What the status of a store's answer means, where no code of its own says more.
 *
 * @param said what goes into the log, with what to grant where the store forbids; and what it said of the object
 * @internal
 */
export function refusalByStatus(
  status: number,
  { text, grant, stat }: { text: string; grant: string; stat?: FileStat },
): StoreRefusal {
  if (status === 403) return { kind: 'forbidden', text: `${text}. ${grant}` };
  const kind = BY_STATUS[status];
  return kind
    ? { kind, text, stat }
    : { kind: 'unavailable', reason: FAILURES[status], text };
}

/** Names, codes and messages of an error and of what it comes from. */
function wordsOf(error: unknown, depth = 0): string[] {
  if (typeof error !== 'object' || error === null || depth > 3) return [];
  const said = (name: string): unknown => Reflect.get(error, name);
  const errors = said('errors');
  const inner = Array.isArray(errors) ? (errors as unknown[]) : [];
  return [
    ...['code', 'name', 'message'].map(said).filter(isText),
    ...[said('cause'), ...inner].flatMap((one) => wordsOf(one, depth + 1)),
  ];
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
