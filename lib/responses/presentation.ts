import { type Awaitable } from '../storages/file-stat.js';
import { type DownloadFile } from '../files/download-file.js';
import { type ResponseHeaders } from './response-headers.js';

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
  /** The charset of a text. */
  readonly charset?: string;
  /** A content coding that the bytes already have, such as `gzip`. */
  readonly encoding?: string;
  /** Cache-Control; `private, no-cache, no-transform` by default. */
  readonly cacheControl?: string;
  /** Further headers; they come before the library's own. */
  readonly headers?: ResponseHeaders;
  /** Decides If-Modified-Since: false brings 304. By default the file's own, else `lastModified`. */
  readonly wasModifiedSince?: (
    file: DownloadFile,
    since: Date,
  ) => Awaitable<boolean>;
}

/**
 * What an application says once for all its downloads.
 *
 * @internal
 */
export interface PresentationDefaults {
  readonly cacheControl?: string;
  readonly inlineTypes?: readonly string[];
  readonly exposeHeaders?: boolean;
}
