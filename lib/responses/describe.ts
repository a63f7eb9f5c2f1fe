import {
  DEFAULT_CACHE_CONTROL,
  withNoTransform,
} from '../http/cache-control.js';
import {
  contentDisposition,
  cleanFileName,
  titleFileName,
} from '../http/content-disposition.js';
import {
  contentSecurityPolicy,
  mayBeInline,
  contentTypeHeader,
  isActiveContent,
  mediaTypeOf,
  parseMediaType,
} from '../http/media-type.js';
import { formatHttpDate } from '../http/preconditions.js';
import { toReprDigest } from '../http/repr-digest.js';
import { type DownloadFile } from '../files/download-file.js';
import { type FileStat } from '../storages/file-stat.js';
import {
  type Presentation,
  type PresentationDefaults,
} from './presentation.js';
import { givenHeader, type ResponseHeaders } from './response-headers.js';

/**
 * A download in values: everything that is known before a byte is read.
 *
 * @publicApi
 */
export interface DownloadDescription {
  /** The name that the client gets. */
  readonly name: string;
  readonly attachment: boolean;
  readonly size?: number;
  readonly lastModified?: Date;
  readonly etag?: string;
  /** The strong tag that its store has for it, where the storage says so. */
  readonly version?: string;
  /**
   * Whether its store knows that version by the address, and by no condition.
   *
   * @internal
   */
  readonly isBoundByAddress?: boolean;
  /** Value of Content-Type. */
  readonly contentType: string;
  /** Whether its charset is only the one that all texts get. */
  readonly isCharsetAssumed?: boolean;
  readonly encoding?: string;
  /** Value of Repr-Digest (RFC 9530). */
  readonly digest?: string;
  /** The headers of a 200, Content-Length excepted. */
  readonly headers: ResponseHeaders;
}

const EXPOSED =
  'Content-Disposition, Content-Length, Content-Range, ETag, Accept-Ranges';

/**
 * Puts together what the file is and how it is to be presented (RFC 9110 8, RFC 6266). For a file that is as it was
 * for the last request this is the same object, frozen, by which others know what they have made of it.
 *
 * @internal
 */
export function describe(
  file: DownloadFile,
  stat: FileStat,
  presentation: Presentation,
  defaults: PresentationDefaults = NO_DEFAULTS,
): DownloadDescription {
  const lasting = lastingOf(file, stat, presentation, defaults);
  const { last } = lasting;
  if (last && isStill(last, stat, presentation)) return last.description;
  const description = described(lasting, stat, presentation, defaults);
  const isPast = description.lastModified === stat.lastModified;
  if (isPast && presentation.headers === undefined) {
    Object.freeze(description.headers);
    lasting.last = {
      description: Object.freeze(description),
      digest: stat.digest,
      time: stat.lastModified?.getTime(),
      cacheControl: presentation.cacheControl,
    };
  }
  return description;
}

function described(
  lasting: Lasting,
  stat: FileStat,
  presentation: Presentation,
  defaults: PresentationDefaults,
): DownloadDescription {
  const { name, attachment, contentType, isCharsetAssumed, encoding } = lasting;
  const lastModified = notInTheFuture(stat.lastModified);
  const digest =
    stat.digest === undefined ? undefined : toReprDigest(stat.digest);
  return {
    name,
    attachment,
    contentType,
    isCharsetAssumed,
    size: stat.size,
    etag: stat.etag,
    version: stat.version || undefined,
    isBoundByAddress: stat.isBoundByAddress || undefined,
    encoding,
    digest,
    lastModified,
    headers: headersOf(
      lasting,
      { size: stat.size, etag: stat.etag, lastModified, digest },
      presentation,
      defaults,
    ),
  };
}

/** A description, and what else it was made of than name and presentation. */
interface LastDescription {
  readonly description: DownloadDescription;
  readonly digest: string | undefined;
  readonly time: number | undefined;
  readonly cacheControl: string | undefined;
}

function isStill(
  { description, digest, time, cacheControl }: LastDescription,
  stat: FileStat,
  presentation: Presentation,
): boolean {
  return (
    stat.etag === description.etag &&
    stat.size === description.size &&
    stat.lastModified?.getTime() === time &&
    (stat.version || undefined) === description.version &&
    (stat.isBoundByAddress || undefined) === description.isBoundByAddress &&
    stat.digest === digest &&
    presentation.cacheControl === cacheControl &&
    presentation.headers === undefined
  );
}

/** What is said of a file for as long as its name and its presentation stay the same. */
interface Lasting {
  readonly name: string;
  readonly attachment: boolean;
  readonly contentType: string;
  readonly isCharsetAssumed: boolean;
  readonly encoding?: string;
  readonly disposition: string;
  readonly policy: string;
  /** What was said last, the facts of the file included. */
  last?: LastDescription;
}

const NO_DEFAULTS: PresentationDefaults = {};

// An application's own, since it says itself what is shown inline.
const lastings = new WeakMap<PresentationDefaults, Map<string, Lasting>>();
const MOST_LASTINGS = 1000;
const LONGEST_KEY = 500;

function lastingOf(
  file: DownloadFile,
  stat: FileStat,
  presentation: Presentation,
  defaults: PresentationDefaults,
): Lasting {
  let known = lastings.get(defaults);
  if (!known) lastings.set(defaults, (known = new Map<string, Lasting>()));
  const key = keyOf(file, stat, presentation);
  const last = known.get(key);
  if (last) return last;
  const lasting = computed(file, stat, presentation, defaults);
  if (known.size >= MOST_LASTINGS) known.clear();
  if (key.length <= LONGEST_KEY && isOneKey(key)) known.set(key, lasting);
  return lasting;
}

const KEY_PARTS = 11;
const OF_NAME_ALONE = '\u0001';

/** A name with a NUL in it could pass for two parts of the key. */
function isOneKey(key: string): boolean {
  return key.startsWith(OF_NAME_ALONE) || key.split('\0').length === KEY_PARTS;
}

/** All that goes into it. */
function keyOf(
  file: DownloadFile,
  stat: FileStat,
  presentation: Presentation,
): string {
  const { basename, attachment, contentType, charset, encoding, headers } =
    presentation;
  if (
    (basename ??
      contentType ??
      charset ??
      encoding ??
      headers ??
      stat.name ??
      stat.contentType ??
      stat.charset ??
      stat.encoding ??
      file.isOfOrigin) === undefined
  ) {
    // Most files: only these go into it.
    const kind = (attachment === false ? 1 : 0) + (file.untrusted ? 2 : 0);
    return `${OF_NAME_ALONE}${kind}${file.name}`;
  }
  return (
    `${part(basename)}\0${part(stat.name)}\0${file.name}` +
    `\0${attachment ?? true}\0${file.untrusted === true}` +
    `\0${part(contentType)}\0${part(stat.contentType)}` +
    `\0${part(charset ?? stat.charset)}\0${part(encoding ?? stat.encoding)}` +
    `\0${part(headers && givenHeader(headers, 'Content-Type'))}` +
    `\0${file.isOfOrigin === true}`
  );
}

function part(value: string | undefined): string {
  return value === undefined ? '' : `=${value}`;
}

function computed(
  file: DownloadFile,
  stat: FileStat,
  presentation: Presentation,
  defaults: PresentationDefaults,
): Lasting {
  const name = clientName(file, presentation, stat);
  const media = mediaOf(file, name, stat, presentation);
  const told = givenHeader(presentation.headers, 'Content-Type');
  const contentType =
    told ??
    contentTypeHeader({
      ...media,
      assumedCharset: isToldByOrigin(file, stat) ? undefined : defaults.charset,
    });
  const attachment =
    (presentation.attachment ?? true) ||
    !mayBeInline(contentType, defaults.inlineTypes);
  const disposition = attachment ? 'attachment' : 'inline';
  return {
    name,
    attachment,
    contentType,
    isCharsetAssumed:
      told === undefined && contentType !== contentTypeHeader(media),
    encoding: presentation.encoding ?? stat.encoding,
    disposition: contentDisposition(disposition, name),
    policy: contentSecurityPolicy(contentType, disposition),
  };
}

/**
 * The name that the client gets: a title that the application gives, else what the file is called.
 *
 * @internal
 */
export function clientName(
  file: DownloadFile,
  { basename }: Presentation,
  stat: FileStat = {},
): string {
  return basename === undefined
    ? cleanFileName(stat.name ?? file.name)
    : titleFileName(basename);
}

/** Where another server says what its file is, a text without a charset has none. */
function isToldByOrigin(
  { isOfOrigin = false }: DownloadFile,
  { contentType }: FileStat,
): boolean {
  return isOfOrigin && contentType !== undefined;
}

function mediaOf(
  file: DownloadFile,
  name: string,
  stat: FileStat,
  { contentType, charset }: Presentation,
): { type?: string; charset?: string } {
  const type =
    contentType ??
    stat.contentType ??
    mediaTypeOf(name) ??
    mediaTypeOf(file.name);
  const media = parseMediaType(type);
  const inert =
    file.untrusted === true &&
    contentType === undefined &&
    media !== undefined &&
    isActiveContent(media.type);
  return {
    type: inert ? undefined : type,
    charset: charset ?? stat.charset,
  };
}

function headersOf(
  { contentType, disposition, policy, encoding }: Lasting,
  { size, etag, lastModified, digest }: FileStat,
  { cacheControl, headers }: Presentation,
  defaults: PresentationDefaults,
): ResponseHeaders {
  const caching =
    cacheControl ?? defaults.cacheControl ?? DEFAULT_CACHE_CONTROL;
  const own: Record<string, string> = {
    'Content-Type': contentType,
    'Content-Disposition': disposition,
    // Compression on the way would change the length that is announced.
    'Cache-Control': size === undefined ? caching : withNoTransform(caching),
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': policy,
  };
  if (encoding !== undefined) own['Content-Encoding'] = encoding;
  if (etag !== undefined) own.ETag = etag;
  if (lastModified) own['Last-Modified'] = dateField(lastModified);
  if (digest !== undefined) own['Repr-Digest'] = digest;
  if (defaults.exposeHeaders) {
    own['Access-Control-Expose-Headers'] =
      digest === undefined ? EXPOSED : `${EXPOSED}, Repr-Digest`;
  }
  return headers ? merged(own, headers) : own;
}

const dateFields = new Map<number, string>();

/** Files keep their dates, and to write one costs as much as to read a small file. */
function dateField(date: Date): string {
  const time = date.getTime();
  const last = dateFields.get(time);
  if (last !== undefined) return last;
  const field = formatHttpDate(date);
  if (dateFields.size >= MOST_LASTINGS) dateFields.clear();
  dateFields.set(time, field);
  return field;
}

const JUDGED = new Set(['etag', 'last-modified']);

/** The later headers come before the earlier ones, whatever their spelling. */
function merged(own: ResponseHeaders, given: ResponseHeaders): ResponseHeaders {
  const all = new Map<string, readonly [name: string, value: string]>();
  for (const header of [...Object.entries(own), ...Object.entries(given)]) {
    const key = header[0].toLowerCase();
    // They are the file's by now, and as clients are to be told them.
    if (!(JUDGED.has(key) && all.has(key))) all.set(key, header);
  }
  return Object.fromEntries(all.values());
}

/** RFC 9110 8.8.2.1: a Last-Modified later than Date would freeze the client's copy. */
function notInTheFuture(date: Date | undefined): Date | undefined {
  if (date === undefined || Number.isNaN(date.getTime())) return undefined;
  return date.getTime() > Date.now() ? new Date() : date;
}
