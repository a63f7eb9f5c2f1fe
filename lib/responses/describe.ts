import {
  DEFAULT_CACHE_CONTROL,
  withNoTransform,
} from '../http/cache-control.js';
import { contentDisposition } from '../http/content-disposition.js';
import {
  contentSecurityPolicy,
  mayBeInline,
  contentTypeHeader,
  isActiveContent,
  mediaTypeOf,
  parseMediaType,
} from '../http/media-type.js';
import { cleanFileName, titleFileName } from '../http/file-name.js';
import { formatHttpDate } from '../http/preconditions.js';
import { toReprDigest } from '../http/repr-digest.js';
import { type DownloadFile } from '../files/download-file.js';
import { type FileStat } from '../storages/file-stat.js';
import {
  type Presentation,
  type PresentationDefaults,
} from './presentation.js';
import { type ResponseHeaders } from './response-headers.js';

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
 * Puts together what the file is and how it is to be presented (RFC 9110 8, RFC 6266).
 *
 * @internal
 */
export function describe(
  file: DownloadFile,
  stat: FileStat,
  presentation: Presentation,
  defaults: PresentationDefaults = {},
): DownloadDescription {
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
  const facts = {
    name,
    attachment,
    contentType,
    isCharsetAssumed:
      told === undefined && contentType !== contentTypeHeader(media),
    size: stat.size,
    etag: stat.etag,
    version: stat.version,
    encoding: presentation.encoding ?? stat.encoding,
    digest: toReprDigest(stat.digest),
    lastModified: notInTheFuture(stat.lastModified),
  };
  return { ...facts, headers: headersOf(facts, presentation, defaults) };
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
  facts: Omit<DownloadDescription, 'headers'>,
  { cacheControl, headers }: Presentation,
  defaults: PresentationDefaults,
): ResponseHeaders {
  const disposition = facts.attachment ? 'attachment' : 'inline';
  const caching =
    cacheControl ?? defaults.cacheControl ?? DEFAULT_CACHE_CONTROL;
  const own: Record<string, string> = {
    'Content-Type': facts.contentType,
    'Content-Disposition': contentDisposition(disposition, facts.name),
    // Compression on the way would change the length that is announced.
    'Cache-Control':
      facts.size === undefined ? caching : withNoTransform(caching),
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': contentSecurityPolicy(
      facts.contentType,
      disposition,
    ),
  };
  if (facts.encoding !== undefined) own['Content-Encoding'] = facts.encoding;
  if (facts.etag !== undefined) own.ETag = facts.etag;
  if (facts.lastModified) {
    own['Last-Modified'] = formatHttpDate(facts.lastModified);
  }
  if (facts.digest !== undefined) own['Repr-Digest'] = facts.digest;
  if (defaults.exposeHeaders) {
    own['Access-Control-Expose-Headers'] =
      facts.digest === undefined ? EXPOSED : `${EXPOSED}, Repr-Digest`;
  }
  return headers ? merged(own, headers) : own;
}

/** The later headers come before the earlier ones, whatever their spelling. */
function merged(own: ResponseHeaders, given: ResponseHeaders): ResponseHeaders {
  const all = new Map<string, readonly [name: string, value: string]>();
  for (const header of [...Object.entries(own), ...Object.entries(given)]) {
    all.set(header[0].toLowerCase(), header);
  }
  return Object.fromEntries(all.values());
}

/** What the application says itself in a header of its download; of several spellings, the last. */
function givenHeader(
  headers: ResponseHeaders = {},
  name: string,
): string | undefined {
  return Object.entries(headers).findLast(
    ([given]) => given.toLowerCase() === name.toLowerCase(),
  )?.[1];
}

/** RFC 9110 8.8.2.1: a Last-Modified later than Date would freeze the client's copy. */
function notInTheFuture(date: Date | undefined): Date | undefined {
  if (date === undefined || Number.isNaN(date.getTime())) return undefined;
  return date.getTime() > Date.now() ? new Date() : date;
}
