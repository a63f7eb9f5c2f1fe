import { Get, Inject, Req, SetMetadata, type Type } from '@nestjs/common';
import { isObservable, map, type Observable } from 'rxjs';

import {
  convertsItself,
  Download,
  type DownloadOptions,
  optionsOn,
} from '../decorators/download.decorator.js';
import {
  FileNotFoundError,
  InvalidOptionsError,
} from '../errors/download-errors.js';
import { type DownloadFile } from '../files/download-file.js';
import { modifiedSince } from '../http/preconditions.js';
import {
  checkPresentation,
  PRESENTATION_OPTIONS,
} from '../responses/presentation.js';
import {
  DownloadResponse,
  type DownloadResponseOptions,
} from '../responses/download-response.js';
import { toDownloadResponse } from '../responses/to-download-response.js';
import { type ConcurrentOptions } from '../responses/concurrent-options.js';
import {
  type DownloadBackend,
  type DownloadSource,
} from '../responses/download-backend.js';
import { type ResponseHeaders } from '../responses/response-headers.js';
import {
  andThen,
  type Awaitable,
  isPromise,
  orElse,
} from '../storages/awaitable.js';
import { DownloadStorages } from '../storages/download-storages.js';
import {
  controllerClass,
  type ControllerClassOptions,
  type ControllerPath,
  nameOfController,
} from './as-controller.js';
import { type DownloadRequest } from '../http/download-request.js';
import { wildcardsOf } from '../routes/requested-path.js';
import { DOWNLOAD_ROUTE, FASTIFY_ROUTE_CONFIG } from './other-methods.js';

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
    return presentationBy(this, file, request);
  }
}

/**
 * A controller whose one route hands out a file. Extend it and say which file:
 *
 * ```ts
 * @Controller('reports/:year')
 * class ReportController extends DownloadController {
 *   getFile(request: DownloadRequest) {
 *     return new LocalFile(`${request.params.year}.pdf`, { root: '/srv/reports' });
 *   }
 * }
 * ```
 *
 * Every option `x` has its hook `getX(file, request)`: set the property where the value is the same for
 * all requests, override the method where it is not.
 *
 * @publicApi
 */
export abstract class DownloadController extends PresentationHooks {
  /** What @Download() says on its class; null where there is none. */
  #options?: DownloadOptions | null;

  @Inject(DownloadStorages)
  protected readonly storages!: DownloadStorages;

  /**
   * A ready class, as Django's `as_view()`: for `@Module({ controllers: [...] })`.
   *
   * ```ts
   * PathDownloadController.asController('terms.pdf', { root: '/srv/legal', path: 'terms.pdf' })
   * ```
   *
   * @param path the route, or Nest's ControllerOptions
   * @param options the controller's options, and `decorators` for the class: `[UseGuards(AuthGuard)]`
   * @throws InvalidOptionsError at boot for an option that the controller does not have
   */
  static asController<T extends DownloadController>(
    this: abstract new (...dependencies: never[]) => T,
    path: ControllerPath,
    options?: ControllerClassOptions<T>,
  ): Type<T> {
    return controllerClass(this, path, options);
  }

  /**
   * Checks the options once, at boot. Override it to check those of your own, and call `super`.
   *
   * @param _parameters names of the route's parameters
   * @throws InvalidOptionsError
   */
  checkOptions(_parameters: readonly string[]): void {
    const options = Object.entries(this).filter(([name]) =>
      PRESENTATION_OPTIONS.includes(name),
    );
    checkPresentation(
      nameOfController(this.constructor),
      Object.fromEntries(options),
    );
    if (typeof this.getFile !== 'function') {
      throw new InvalidOptionsError(
        `${nameOfController(this.constructor)}.getFile`,
        undefined,
        'Override getFile(request), or extend one of the other controllers.',
      );
    }
    // What its class says is worked out now; one that is made for a request does it itself.
    this.#classOptions();
    wildcardsOf(this);
  }

  /**
   * What it hands out, as far as its options say it; undefined where a request decides about the backend.
   *
   * @internal
   */
  describeSource(): Omit<DownloadSource, 'owner'> | undefined {
    const { prototype } = DownloadController;
    if (this.getBackend !== prototype.getBackend) return undefined;
    return {
      ...(this.getEncoding === prototype.getEncoding && {
        encoding: this.encoding,
      }),
      ...(this.getHeaders === prototype.getHeaders &&
        this.headers && { headers: Object.keys(this.headers) }),
    };
  }

  /**
   * The directory of its files, where there is none.
   *
   * @internal
   */
  missingRoot(): Awaitable<string | undefined> {
    return undefined;
  }

  /**
   * Who knows clients by their addresses, where this controller does; for a warning at boot.
   *
   * @internal
   */
  get addressUse(): string | undefined {
    return undefined;
  }

  /** The route. Override `download()`: an override of this method would have none. */
  // The first signature: an override that calls this one gets a promise.
  handleDownload(request: DownloadRequest): Promise<DownloadResponse>;
  @Get()
  @Download()
  @SetMetadata(FASTIFY_ROUTE_CONFIG, DOWNLOAD_ROUTE)
  handleDownload(
    @Req() request: DownloadRequest,
  ): Awaitable<DownloadResponse> | Observable<DownloadResponse> {
    const { prototype } = DownloadController;
    const response: unknown =
      this.download === prototype.download
        ? this.#respond(request)
        : this.download(request);
    // An override has an interceptor that does the same, or wants none; and it may wait for a promise.
    return this.handleDownload === prototype.handleDownload
      ? this.#asDownload(response)
      : Promise.resolve(response as Awaitable<DownloadResponse>);
  }

  /** @throws FileNotFoundError where there is no such file for this request */
  abstract getFile(request: DownloadRequest): Awaitable<DownloadFile>;

  /** The response to a request; call `super.download(request)` to add to it. */
  async download(request: DownloadRequest): Promise<DownloadResponse> {
    return this.#respond(request);
  }

  /**
   * Whether the file changed after `since` (If-Modified-Since); false brings 304. By default the file
   * says so itself, else its `lastModified`, else it has. An override is asked before a server in front
   * gets the file.
   */
  wasModifiedSince(file: DownloadFile, since: Date): Awaitable<boolean> {
    if (file.wasModifiedSince) return file.wasModifiedSince(since);
    return Promise.resolve(file.stat()).then(({ lastModified }) =>
      modifiedSince(lastModified, since),
    );
  }

  /** Makes the answer where there is no file: 404 by default. Throw what you want instead. */
  fileNotFound(error: FileNotFoundError, _request: DownloadRequest): never {
    throw error;
  }

  /** What a download() of a subclass gives may be anything that @Download() takes. */
  #asDownload(
    value: unknown,
  ): Awaitable<DownloadResponse> | Observable<DownloadResponse> {
    const own = this.#classOptions();
    if (!own && value instanceof DownloadResponse) return value;
    const respond = (one: unknown) => toDownloadResponse(one, own ?? {});
    return isObservable(value)
      ? value.pipe(map(respond))
      : andThen(value, respond);
  }

  #classOptions(): DownloadOptions | null {
    if (this.#options === undefined) {
      this.#options = optionsOn(this.constructor) ?? null;
    }
    return this.#options;
  }

  #respond(request: DownloadRequest): Awaitable<DownloadResponse> {
    return orElse(
      () =>
        andThen(this.getFile(request), (file) =>
          andThen(this.getPresentation(file, request), (presentation) =>
            this.#present(file, presentation, request),
          ),
        ),
      (error) => {
        if (error instanceof FileNotFoundError) {
          this.fileNotFound(error, request);
        }
        throw error;
      },
    );
  }

  #present(
    file: DownloadFile,
    presentation: DownloadResponseOptions,
    request: DownloadRequest,
  ): DownloadResponse {
    const { prototype } = DownloadController;
    const isDated = this.wasModifiedSince !== prototype.wasModifiedSince;
    const isMissed = this.fileNotFound !== prototype.fileNotFound;
    // Only overrides: without one the facts decide, which need not be asked for twice.
    return new DownloadResponse(
      file,
      isDated || isMissed
        ? {
            ...presentation,
            ...(isDated && {
              wasModifiedSince: (one, since) =>
                this.wasModifiedSince(one, since),
            }),
            ...(isMissed && {
              fileNotFound: (error) => this.fileNotFound(error, request),
            }),
          }
        : presentation,
    );
  }
}

convertsItself(DownloadController.prototype, 'handleDownload');

type Presented = Omit<DownloadResponseOptions, 'fileNotFound'>;

/** Each option and its hook, in the order in which they are asked. */
const HOOKS = [
  ['attachment', 'getAttachment'],
  ['basename', 'getBasename'],
  ['contentType', 'getContentType'],
  ['charset', 'getCharset'],
  ['encoding', 'getEncoding'],
  ['cacheControl', 'getCacheControl'],
  ['headers', 'getHeaders'],
  ['acceptRanges', 'getAcceptRanges'],
  ['limitRate', 'getLimitRate'],
  ['concurrent', 'getConcurrent'],
  ['backend', 'getBackend'],
] as const satisfies readonly (readonly [
  keyof Presented,
  keyof PresentationHooks,
])[];

function presentationBy(
  hooks: PresentationHooks,
  file: DownloadFile,
  request: DownloadRequest,
  first = 0,
  known: Record<string, unknown> = {},
): Awaitable<Presented> {
  for (let index = first; index < HOOKS.length; index += 1) {
    const [option, hook] = HOOKS[index];
    const value: Awaitable<unknown> = hooks[hook](file, request);
    if (isPromise(value)) {
      return value.then((later) => {
        known[option] = later;
        return presentationBy(hooks, file, request, index + 1, known);
      });
    }
    known[option] = value;
  }
  return known;
}
