import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  Logger,
  type NestInterceptor,
  ServiceUnavailableException,
} from '@nestjs/common';
import { Observable, type Observer, type Subscriber } from 'rxjs';

import { downloadOptionsOf } from '../decorators/download.decorator.js';
import {
  type CheckedDownloadOptions,
  DOWNLOAD_OPTIONS,
} from '../download.options.js';
import {
  DownloadError,
  FileNotFoundError,
  InvalidSignatureError,
  InvalidOptionsError,
  SerializedFileError,
  TooManyDownloadsError,
  UnconfinedPathError,
  kindOf,
  quote,
} from '../errors/download-errors.js';
import { type DownloadRequest } from '../http/download-request.js';
import { clientName } from '../responses/describe.js';
import { DownloadResponse } from '../responses/download-response.js';
import { refusePassedNeighbours } from '../routes/requested-path.js';
import { signedLinks } from '../signing/signed-message.js';
import { type Awaitable, isPromise, orElse } from '../storages/awaitable.js';
import { errorCode } from '../storages/local-disk.js';
import { isDeserted, RunningDownloads } from '../streaming/connection.js';
import {
  announcedOn,
  clearHead,
  type PlatformResponse,
} from '../streaming/response-head.js';
import { answerDownload } from './answer-download.js';
import { ConcurrentDownloads } from './limits.js';
import { DownloadTracking, type TrackedDownload } from './download-tracking.js';
import {
  type DownloadContext,
  contextOf,
  isReading,
  requestOf,
  responseOf,
} from './download-context.js';
import { toHttpException, unlessLeft } from './http-exceptions.js';
import { expectReply, type RoutedRequest, unwrapped } from './replies.js';
import { presentedByLink } from './answer-lease.js';
import { ExplanationReport } from './explanation.js';

/**
 * The last moment before bytes flow: turns every DownloadResponse into the answer that Nest sends. For the whole
 * application, or bound to its controllers that have downloads; contexts other than HTTP pass through untouched.
 *
 * @internal
 */
@Injectable()
export class DownloadInterceptor implements NestInterceptor {
  readonly #logger = new LevelLogger('DownloadModule');
  readonly #outcomes: Outcomes = {
    answer: (value, execution) => this.#answered(value, execution),
    exceptionFor: (error, execution, isOurs) =>
      this.#failed(error, execution, isOurs),
  };

  constructor(
    @Inject(DOWNLOAD_OPTIONS) private readonly options: CheckedDownloadOptions,
    private readonly running: RunningDownloads,
    private readonly tracking: DownloadTracking,
    private readonly concurrent: ConcurrentDownloads,
  ) {}

  intercept(
    execution: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> {
    if (execution.getType() !== 'http') return next.handle();
    return new Observable((subscriber) =>
      next
        .handle()
        .subscribe(new Answers(subscriber, execution, this.#outcomes)),
    );
  }

  #answered(value: unknown, execution: ExecutionContext): Awaitable<unknown> {
    if (!(value instanceof DownloadResponse) || value.isReady) {
      return refuseUncounted(unwrapped(value), execution);
    }
    refusePassedNeighbours(requestOf<DownloadRequest>(execution));
    const context = contextOf(
      execution,
      (message, error, isEveryday) =>
        this.#report(message, error, isEveryday, downloadOf(value, execution)),
      this.#explanations(),
      this.#track(execution),
      this.tracking.completions,
    );
    const own = value.forOneRequest();
    const { link } = context;
    const response = link ? presentedByLink(own, link) : own;
    expectReply(response, execution, this.options);
    return orElse<unknown>(
      () => this.#answer(response, context, execution),
      (error) => {
        if (error instanceof FileNotFoundError) {
          response.presentation.fileNotFound?.(error);
        }
        throw unlessLeft(error, context);
      },
    );
  }

  #answer(
    response: DownloadResponse,
    context: DownloadContext,
    execution: ExecutionContext,
  ): Awaitable<DownloadResponse> {
    if (this.running.isOver) throw new ServiceUnavailableException();
    const { raw } = context.response;
    this.running.add(raw);
    context.onClose(() => this.running.remove(raw));
    response.setDefaults(this.options);
    response.announce(announcedOn(context.response));
    const { backend: configured } = this.options;
    const backend = response.presentation.backend ?? configured;
    const concurrent =
      response.presentation.concurrent ?? this.options.concurrent;
    const slot =
      concurrent &&
      this.concurrent.slotFor(
        concurrent,
        requestOf<DownloadRequest>(execution),
      );
    return answerDownload(response, context, backend, configured, slot);
  }

  /**
   * What the client gets in place of what failed.
   *
   * @param isOurs whether a download was being answered, such as with 412 and 416
   */
  #failed(
    error: unknown,
    execution: ExecutionContext,
    isOurs: boolean,
  ): unknown {
    const exception = this.#toException(error, execution);
    const isFiles = error instanceof DownloadError;
    const isDownload =
      isOurs ||
      (isFiles && isReading(execution)) ||
      downloadOptionsOf(execution);
    if (isDownload || isFiles) clearUnlessSent(responseOf(execution));
    if (isDownload) this.#track(execution)?.refused(exception);
    return exception;
  }

  /** There where somebody reads explanations: otherwise nothing has to be explained. */
  #explanations(): ExplanationReport | undefined {
    const { explain } = this.options;
    return explain || this.#logger.isDebugged
      ? new ExplanationReport(this.#logger, explain)
      : undefined;
  }

  #track(execution: ExecutionContext): TrackedDownload | undefined {
    return this.tracking.events.isObserved
      ? this.tracking.track(execution)
      : undefined;
  }

  #report(
    message: string,
    error: Error | undefined,
    isEveryday: boolean | undefined,
    download: string,
  ): void {
    if (error instanceof SerializedFileError) {
      this.#logger.error(`${message} (${download}): ${error.message}`);
      return;
    }
    const reason = error ? `: ${quote(error.message)}` : '';
    this.#logger[isEveryday ? 'debug' : 'warn'](
      `${message}${reason} (${download})`,
    );
  }

  #toException(error: unknown, execution: ExecutionContext): unknown {
    const exception = toHttpException(error);
    if (exception !== error && error instanceof Error) {
      const { raw } = responseOf(execution);
      this.#log(error, isDeserted(raw), routeOf(execution));
    }
    return exception;
  }

  /**
   * A missing file is everyday, and so is a link that does not hold, or a client that leaves. A file that may not be read, or a
   * storage that is down, is not.
   */
  #log(error: Error, hasLeft: boolean, route: string): void {
    const text = `${error.name}: ${error.message} (${route})`;
    const code = errorCode(error.cause);
    const everyday =
      hasLeft ||
      error instanceof InvalidSignatureError ||
      error instanceof TooManyDownloadsError ||
      (error instanceof FileNotFoundError &&
        !(error instanceof UnconfinedPathError) &&
        code !== 'EACCES' &&
        code !== 'EPERM');
    if (error instanceof SerializedFileError) this.#logger.error(text);
    else if (everyday) this.#logger.debug(text);
    else this.#logger.warn(text);
  }
}

/**
 * Knows whether anybody reads lines of the level debug. Nest 11 says no for every level where the application has
 * chosen none, which is where it prints all of them.
 */
class LevelLogger extends Logger {
  get isDebugged(): boolean {
    return (
      Logger.staticInstanceRef !== undefined &&
      (Logger.isLevelEnabled('debug') || !Logger.isLevelEnabled('fatal'))
    );
  }
}

/** `GET /files/:id (FilesController.file)`: the pattern, since the address itself may hold a signature. */
function routeOf(execution: ExecutionContext): string {
  const { method, route, routeOptions } = requestOf<RoutedRequest>(execution);
  const path = routeOptions?.url ?? route?.path;
  const handler = `${execution.getClass().name}.${execution.getHandler().name}`;
  return `${method} ${quote(path)} (${handler})`;
}

function downloadOf(
  { file, presentation }: DownloadResponse,
  execution: ExecutionContext,
): string {
  return `${quote(clientName(file, presentation))} of ${routeOf(execution)}`;
}

/**
 * An interceptor inside of ours may have read the file of a limited link, and put something else in its place.
 *
 * @throws InvalidOptionsError where nobody would count it
 */
function refuseUncounted(value: unknown, execution: ExecutionContext): unknown {
  const request = requestOf(execution);
  if (value instanceof DownloadResponse || !signedLinks.get(request)?.limiter) {
    return value;
  }
  throw new InvalidOptionsError(
    `${execution.getClass().name}.${execution.getHandler().name}()`,
    kindOf(value),
    'The answer to a limited link must be a DownloadResponse when it leaves the route, or it is not counted.',
  );
}

/** What is made of the values of handlers, and of their errors. */
interface Outcomes {
  answer(value: unknown, execution: ExecutionContext): Awaitable<unknown>;
  exceptionFor(
    error: unknown,
    execution: ExecutionContext,
    isOurs: boolean,
  ): unknown;
}

/**
 * Passes on what is made of each value of a handler, and of its error. In place of mergeMap() and catchError(), which
 * cost as much as the rest of a small download; and every route of the application pays for what is made here.
 */
class Answers implements Observer<unknown> {
  // Not #: with useDeprecatedNextContext, rxjs calls an object that inherits from this one.
  private awaited = 0;
  private isComplete = false;

  constructor(
    private readonly subscriber: Subscriber<unknown>,
    private readonly execution: ExecutionContext,
    private readonly outcomes: Outcomes,
  ) {}

  next(value: unknown): void {
    try {
      const answer = this.outcomes.answer(value, this.execution);
      if (isPromise(answer)) this.wait(answer);
      else this.subscriber.next(answer);
    } catch (error) {
      this.fail(error, true);
    }
  }

  error(error: unknown): void {
    this.fail(error, false);
  }

  complete(): void {
    this.isComplete = true;
    if (this.awaited === 0) this.subscriber.complete();
  }

  private wait(answer: Promise<unknown>): void {
    this.awaited += 1;
    answer.then(
      (value) => {
        this.awaited -= 1;
        this.subscriber.next(value);
        if (this.isComplete) this.complete();
      },
      (error: unknown) => this.fail(error, true),
    );
  }

  private fail(error: unknown, isOurs: boolean): void {
    try {
      const exception = this.outcomes.exceptionFor(
        error,
        this.execution,
        isOurs,
      );
      this.subscriber.error(exception);
    } catch (other) {
      this.subscriber.error(other);
    }
  }
}

/** What `@Header()` says of the file is not true of an error, and the next request may get something else. */
function clearUnlessSent(response: PlatformResponse): void {
  if (!response.raw.headersSent) clearHead(response);
}
