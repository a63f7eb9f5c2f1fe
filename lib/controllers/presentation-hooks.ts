import { type DownloadFile } from '../files/download-file.js';
import { type DownloadBackend } from '../responses/download-backend.js';
import { type DownloadResponseOptions } from '../responses/download-response.js';
import { type ResponseHeaders } from '../responses/response-headers.js';
import { type Awaitable } from '../storages/awaitable.js';
import { type DownloadRequest } from './download-request.js';

/**
 * How a controller presents its file: every option `x` has its hook `getX(file, request)`. Set the
 * property where the value is the same for all requests, override the method where it is not.
 *
 * @publicApi
 */
export abstract class PresentationHooks {
  /** Whether the client is to save the file rather than show it. */
  attachment = true;
  /** What the client calls the file; the file's own name by default. */
  basename?: string;
  /** A media type; by default what the file says, else what its name says. */
  contentType?: string;
  /** The charset of a text; by default what the file says, else the module's. */
  charset?: string;
  /** A content coding that the bytes already have, such as `gzip`. */
  encoding?: string;
  /** Cache-Control; the module's by default. */
  cacheControl?: string;
  /** Further headers. */
  headers?: ResponseHeaders;
  /** A backend of its own, in place of the configured one. */
  backend?: DownloadBackend;

  getAttachment(
    _file: DownloadFile,
    _request: DownloadRequest,
  ): Awaitable<boolean> {
    return this.attachment;
  }

  getBasename(
    _file: DownloadFile,
    _request: DownloadRequest,
  ): Awaitable<string | undefined> {
    return this.basename;
  }

  getContentType(
    _file: DownloadFile,
    _request: DownloadRequest,
  ): Awaitable<string | undefined> {
    return this.contentType;
  }

  getCharset(
    _file: DownloadFile,
    _request: DownloadRequest,
  ): Awaitable<string | undefined> {
    return this.charset;
  }

  getEncoding(
    _file: DownloadFile,
    _request: DownloadRequest,
  ): Awaitable<string | undefined> {
    return this.encoding;
  }

  getCacheControl(
    _file: DownloadFile,
    _request: DownloadRequest,
  ): Awaitable<string | undefined> {
    return this.cacheControl;
  }

  getHeaders(
    _file: DownloadFile,
    _request: DownloadRequest,
  ): Awaitable<ResponseHeaders | undefined> {
    return this.headers;
  }

  getBackend(
    _file: DownloadFile,
    _request: DownloadRequest,
  ): Awaitable<DownloadBackend | undefined> {
    return this.backend;
  }

  /** What all the hooks say. */
  protected async getPresentation(
    file: DownloadFile,
    request: DownloadRequest,
  ): Promise<DownloadResponseOptions> {
    return {
      attachment: await this.getAttachment(file, request),
      basename: await this.getBasename(file, request),
      contentType: await this.getContentType(file, request),
      charset: await this.getCharset(file, request),
      encoding: await this.getEncoding(file, request),
      cacheControl: await this.getCacheControl(file, request),
      headers: await this.getHeaders(file, request),
      backend: await this.getBackend(file, request),
    };
  }
}
