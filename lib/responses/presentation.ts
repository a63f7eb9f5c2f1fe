import {
  CHECKED_ELSEWHERE,
  isWholeNumber,
  type OptionCheck,
} from '../errors/check-options.js';
import { InvalidOptionsError } from '../errors/download-errors.js';
import { type DownloadFile } from '../files/download-file.js';
import { type Awaitable } from '../storages/awaitable.js';
import {
  parseEntityTag,
  toEntityTag,
  parseHttpDate,
} from '../http/preconditions.js';
import {
  type Etag,
  type EtagChoice,
  isEtagKind,
} from '../storages/etag-choice.js';
import { checkConcurrent } from './concurrent-options.js';
import {
  givenHeader,
  type ResponseHeaders,
  checkHeaders,
  isFieldValue,
} from './response-headers.js';

/**
 * How a file is presented to the client. What is not given comes from the file, then from the module.
 *
 * @publicApi
 */
export interface Presentation {
  /** Whether the client is to save the file rather than show it; true by default. */
  readonly attachment?: boolean;
  /** What the client calls the file; the file's own name by default. */
  readonly basename?: string;
  /** A media type; by default the file's own, else what its name says. */
  readonly contentType?: string;
  /** The charset of a text; by default what the file says, else the module's. */
  readonly charset?: string;
  /** A content coding that the bytes already have, such as `gzip`. */
  readonly encoding?: string;
  /** Cache-Control; `private, no-cache, no-transform` by default. */
  readonly cacheControl?: string;
  /** Further headers; they come before the library's own. An `ETag` or a `Last-Modified` is also judged. */
  readonly headers?: ResponseHeaders;
  /**
   * The entity tag, in quotes: `'"v1"'`; it must change whenever the bytes do. Or how the tag of a local file is
   * made; as the module says by default.
   */
  readonly etag?: Etag | QuotedTag;
  /** When it changed; by default what the file says. */
  readonly lastModified?: Date;
  /**
   * Whether the client may have parts of the file (RFC 9110 14); by default where the file has them. `false`
   * sends the whole file for every Range, and the application sends it: the servers in front would cut it.
   */
  readonly acceptRanges?: boolean;
  /**
   * Bytes a second that the client gets at most, 1 or more; false for no limit. By default the module's, else the
   * backend's. It is for one answer: several at once, such as the ranges of one file, get as much each.
   */
  readonly limitRate?: number | false;
  /** Decides If-Modified-Since: false brings 304. By default the file's own, else `lastModified`. */
  readonly wasModifiedSince?: (
    file: DownloadFile,
    since: Date,
  ) => Awaitable<boolean>;
}

/**
 * An entity tag as it is announced (RFC 9110 8.8.3).
 *
 * @publicApi
 */
export type QuotedTag = `"${string}"` | `W/"${string}"`;

/**
 * A tag and a date of the application's own.
 *
 * @internal
 */
export interface Announced {
  readonly etag?: string | undefined;
  readonly lastModified?: Date | undefined;
}

/**
 * What the application announces of a file, in headers or by option; headers come first.
 *
 * @internal
 */
export function announcedBy({
  headers = {},
  etag,
  lastModified,
}: Pick<Presentation, 'headers' | 'etag' | 'lastModified'>): Announced {
  const tag =
    givenHeader(headers, 'ETag') ??
    (typeof etag === 'string' && !isEtagKind(etag) ? etag : undefined);
  return {
    etag: tag === undefined ? undefined : toEntityTag(tag),
    lastModified:
      parseHttpDate(givenHeader(headers, 'Last-Modified')) ?? lastModified,
  };
}

/**
 * What an application says once for all its downloads.
 *
 * @internal
 */
export interface PresentationDefaults {
  readonly cacheControl?: string;
  /** The charset of text that has none otherwise. */
  readonly charset?: string;
  readonly inlineTypes?: readonly string[];
  readonly exposeHeaders?: boolean;
  /** Bytes a second, where a download does not say itself. */
  readonly limitRate?: number | false;
  /** How local files are tagged, where they do not say themselves. */
  readonly tags?: EtagChoice;
}

/**
 * @internal
 */
export const LIMIT_RATE: OptionCheck = [
  (value: unknown): boolean => value === false || isWholeNumber(value, 1),
  'Give whole bytes a second, 1 or more, or false for no limit.',
];

const TEXT: OptionCheck = [
  (value) => typeof value === 'string',
  'Give a string.',
];

const FIELD: OptionCheck = [
  isFieldValue,
  'Give a string of Latin-1 characters without line breaks.',
];

const CHECKS: Readonly<Record<string, OptionCheck>> = {
  attachment: [(value) => typeof value === 'boolean', 'Give true or false.'],
  basename: TEXT,
  contentType: TEXT,
  charset: TEXT,
  encoding: FIELD,
  cacheControl: FIELD,
  headers: [
    (value) => typeof value === 'object' && value !== null,
    "Give an object: { 'Content-Language': 'fr' }.",
  ],
  backend: [
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      'proxy' in value &&
      typeof value.proxy === 'function',
    'Give a backend: stream() or nginx({ rules: [...] }).',
  ],
  etag: [
    (value) =>
      isEtagKind(value) ||
      (typeof value === 'string' && parseEntityTag(value) !== undefined),
    "Give a tag in quotes: '\"v1\"', or 'inode', 'time', 'content' or a function of the facts and the file.",
  ],
  lastModified: [
    (value) => value instanceof Date && !Number.isNaN(value.getTime()),
    'Give a valid Date.',
  ],
  acceptRanges: [(value) => typeof value === 'boolean', 'Give true or false.'],
  limitRate: LIMIT_RATE,
  concurrent: CHECKED_ELSEWHERE,
  wasModifiedSince: [
    (value) => typeof value === 'function',
    'Give a function of the file and a date.',
  ],
};

/**
 * The options that say how a file is presented.
 *
 * @internal
 */
export const PRESENTATION_OPTIONS = Object.keys(CHECKS);

/**
 * Checks how a file is to be presented.
 *
 * @param owner whose options they are, for the message
 * @param known the names of those that there are
 * @throws InvalidOptionsError for an option that is unknown or wrong
 * @internal
 */
export function checkPresentation(
  owner: string,
  options: object,
  known: readonly string[] = PRESENTATION_OPTIONS,
): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const check = known.includes(name) ? CHECKS[name] : undefined;
    if (!check) {
      throw new InvalidOptionsError(
        `${owner}.${name}`,
        value,
        `Known are ${known.join(', ')}.`,
      );
    }
    const [holds, accepted] = check;
    if (!holds(value)) {
      throw new InvalidOptionsError(`${owner}.${name}`, value, accepted);
    }
    if (name === 'concurrent') checkConcurrent(`${owner}.concurrent`, value);
    if (name === 'headers') checkHeaders(value as ResponseHeaders);
  }
}
