import { type DownloadFile } from '../files/download-file.js';
import { type ConcurrentOptions } from '../responses/concurrent-options.js';
import { type DownloadBackend } from '../responses/download-backend.js';
import { type DownloadResponseOptions } from '../responses/download-response.js';
import { type ResponseHeaders } from '../responses/response-headers.js';
import { andThen, type Awaitable, isPromise } from '../storages/awaitable.js';
import { type DownloadRequest } from '../http/download-request.js';

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
  /** Whether a client may have parts of the file; by default where the file has them. */
  acceptRanges?: boolean;
  /** Bytes a second that a client gets at most, for one answer; false for no limit. By default the module's, else the backend's. */
  limitRate?: number | false;
  /**
   * How many downloads may go on at once for one client; by default as the module says. One object for all that
   * count together.
   */
  concurrent?: ConcurrentOptions;
  /** A backend of its own, in place of the configured one. */
  backend?: DownloadBackend;

  /** Whether the client is to save the file; `attachment` by default. */
  getAttachment(
    _file: DownloadFile,
    _request: DownloadRequest,
  ): Awaitable<boolean> {
    return this.attachment;
  }

  /** What the client calls the file; `basename` by default, else the name of the file. */
  getBasename(
    _file: DownloadFile,
    _request: DownloadRequest,
  ): Awaitable<string | undefined> {
    return this.basename;
  }

  /** The media type; `contentType` by default, else what the file says. */
  getContentType(
    _file: DownloadFile,
    _request: DownloadRequest,
  ): Awaitable<string | undefined> {
    return this.contentType;
  }

  /** The charset of a text; `charset` by default, else what the file says. */
  getCharset(
    _file: DownloadFile,
    _request: DownloadRequest,
  ): Awaitable<string | undefined> {
    return this.charset;
  }

  /** The content coding that the bytes already have; `encoding` by default. */
  getEncoding(
    _file: DownloadFile,
    _request: DownloadRequest,
  ): Awaitable<string | undefined> {
    return this.encoding;
  }

  /** Cache-Control; `cacheControl` by default, else the module's. */
  getCacheControl(
    _file: DownloadFile,
    _request: DownloadRequest,
  ): Awaitable<string | undefined> {
    return this.cacheControl;
  }

  /** Further headers, which come before the library's own; `headers` by default. */
  getHeaders(
    _file: DownloadFile,
    _request: DownloadRequest,
  ): Awaitable<ResponseHeaders | undefined> {
    return this.headers;
  }

  /** Whether a client may have parts of it; `acceptRanges` by default, else where the file has them. */
  getAcceptRanges(
    _file: DownloadFile,
    _request: DownloadRequest,
  ): Awaitable<boolean | undefined> {
    return this.acceptRanges;
  }

  /** Bytes a second of the answer, or false for no limit; `limitRate` by default, else the module's. */
  getLimitRate(
    _file: DownloadFile,
    _request: DownloadRequest,
  ): Awaitable<number | false | undefined> {
    return this.limitRate;
  }

  /** How many downloads may go on at once for one client; `concurrent` by default, else the module's. */
  getConcurrent(
    _file: DownloadFile,
    _request: DownloadRequest,
  ): Awaitable<ConcurrentOptions | undefined> {
    return this.concurrent;
  }

  /** The backend for this file; `backend` by default, else the module's. */
  getBackend(
    _file: DownloadFile,
    _request: DownloadRequest,
  ): Awaitable<DownloadBackend | undefined> {
    return this.backend;
  }

  /** What all the hooks say; one is asked after the other, and waited for only where it has to be. */
  protected getPresentation(
    file: DownloadFile,
    request: DownloadRequest,
  ): Awaitable<DownloadResponseOptions> {
    return askedFrom(0, {}, this, file, request);
  }
}

type Said = { -readonly [Option in keyof Presented]: Presented[Option] };
type Presented = Omit<DownloadResponseOptions, 'fileNotFound'>;

function askedFrom(
  first: number,
  said: Said,
  hooks: PresentationHooks,
  file: DownloadFile,
  request: DownloadRequest,
): Awaitable<Said> {
  for (let index = first; index < QUESTIONS.length; index += 1) {
    const answer = QUESTIONS[index](said, hooks, file, request);
    if (isPromise(answer)) {
      return answer.then(() =>
        askedFrom(index + 1, said, hooks, file, request),
      );
    }
  }
  return said;
}

type Question = (
  said: Said,
  hooks: PresentationHooks,
  file: DownloadFile,
  request: DownloadRequest,
) => Awaitable<unknown>;

const QUESTIONS: readonly Question[] = [
  (said, hooks, ...asked) =>
    andThen(hooks.getAttachment(...asked), (value) => {
      said.attachment = value;
    }),
  (said, hooks, ...asked) =>
    andThen(hooks.getBasename(...asked), (value) => {
      said.basename = value;
    }),
  (said, hooks, ...asked) =>
    andThen(hooks.getContentType(...asked), (value) => {
      said.contentType = value;
    }),
  (said, hooks, ...asked) =>
    andThen(hooks.getCharset(...asked), (value) => {
      said.charset = value;
    }),
  (said, hooks, ...asked) =>
    andThen(hooks.getEncoding(...asked), (value) => {
      said.encoding = value;
    }),
  (said, hooks, ...asked) =>
    andThen(hooks.getCacheControl(...asked), (value) => {
      said.cacheControl = value;
    }),
  (said, hooks, ...asked) =>
    andThen(hooks.getHeaders(...asked), (value) => {
      said.headers = value;
    }),
  (said, hooks, ...asked) =>
    andThen(hooks.getAcceptRanges(...asked), (value) => {
      said.acceptRanges = value;
    }),
  (said, hooks, ...asked) =>
    andThen(hooks.getLimitRate(...asked), (value) => {
      said.limitRate = value;
    }),
  (said, hooks, ...asked) =>
    andThen(hooks.getConcurrent(...asked), (value) => {
      said.concurrent = value;
    }),
  (said, hooks, ...asked) =>
    andThen(hooks.getBackend(...asked), (value) => {
      said.backend = value;
    }),
];
