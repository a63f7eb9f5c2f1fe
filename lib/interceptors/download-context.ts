import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';

import { type ExecutionContext } from '@nestjs/common';

import { type DownloadCompletions } from '../completions/download-completions.js';
import {
  platformResponse,
  type PlatformResponse,
} from '../streaming/response-head.js';
import { InvalidOptionsError } from '../errors/download-errors.js';
import { isSent, whenClosed } from '../streaming/connection.js';
import { type Report } from '../streaming/download-answer.js';
import { type SignedLink, signedLinks } from '../signing/signed-message.js';
import { type TrackedDownload } from './download-tracking.js';
import { type ExplanationReport } from './explanation.js';

/**
 * One request and the response to it, on either adapter.
 *
 * @internal
 */
export interface DownloadContext {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly response: PlatformResponse;
  /** What the application answers with, where nothing else is decided: 200, unless it says another status. */
  readonly status: number;
  /** The link that the request came by, where the route wants a signed one. */
  readonly link?: SignedLink;
  /** There where somebody wants to know why the answer is the one that it is. */
  readonly explanations?: ExplanationReport;
  /** There where somebody wants to know what is downloaded. */
  readonly tracked?: TrackedDownload;
  /** What the server in front says of the files that it was handed. */
  readonly completions?: DownloadCompletions;
  /** Fires when the client leaves before it has everything. */
  readonly signal: AbortSignal;
  /** Has the callback called when the answer is over, in whatever way. */
  onClose(callback: () => void): void;
  /** Tells what went wrong after the decision, or was changed by it. */
  readonly report: Report;
}

interface PlatformRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * @internal
 */
export function contextOf(
  execution: ExecutionContext,
  report: Report,
  explanations?: ExplanationReport,
  tracked?: TrackedDownload,
  completions?: DownloadCompletions,
): DownloadContext {
  const response = responseOf(execution);
  return new HttpDownloadContext(
    requestOf<PlatformRequest>(execution),
    response,
    report,
    explanations,
    tracked,
    completions,
    statusOf(execution, response),
  );
}

/**
 * The request of a context. Once a request, switchToHttp() would make three functions for it, and once more for each
 * further look.
 *
 * @internal
 */
export function requestOf<Request extends object>(
  execution: ExecutionContext,
): Request {
  return execution.getArgByIndex<Request>(0);
}

/**
 * Whether the request of a context asks for something. A storage fails for an upload and a removal as well, which
 * are no downloads.
 *
 * @internal
 */
export function isReading(execution: ExecutionContext): boolean {
  const { method } = requestOf<PlatformRequest>(execution);
  return method === 'GET' || method === 'HEAD';
}

/**
 * The response of a context.
 *
 * @internal
 */
export function responseOf(execution: ExecutionContext): PlatformResponse {
  return platformResponse(
    execution.getArgByIndex<ServerResponse<IncomingMessage>>(1),
    execution.getArgByIndex<(error: Error) => void>(2),
  );
}

/** Nest's own key. */
const HTTP_CODE = '__httpCode__';
/** Without a body, or about a part or a version that only the engine knows. */
const OF_NO_FILE = new Set([204, 205, 206, 304, 416]);

/**
 * The application's status: that of `@HttpCode()`, or one that it has set on the response. The 201 that Nest gives
 * every POST is nobody's word.
 *
 * @throws InvalidOptionsError for a status that no file can go out with
 */
function statusOf(
  execution: ExecutionContext,
  { raw: { statusCode } }: PlatformResponse,
): number {
  if (statusCode === 200) return statusCode;
  const isNests =
    statusCode === 201 &&
    !Reflect.hasMetadata(HTTP_CODE, execution.getHandler());
  if (isNests) return 200;
  if (statusCode < 200 || OF_NO_FILE.has(statusCode)) {
    throw new InvalidOptionsError(
      `${execution.getClass().name}.${execution.getHandler().name}() status`,
      statusCode,
      'A file goes out with 200, or a status that may have a body of its own: 203, 404, 410, 503 ... Leave it to the library otherwise.',
    );
  }
  return statusCode;
}

// A class: a literal with an accessor has a shape of its own each time, which costs a tenth of a small answer.
class HttpDownloadContext implements DownloadContext {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly link?: SignedLink;
  readonly #callbacks: (() => void)[] = [];
  #isClosed = false;
  #leave?: AbortController;

  constructor(
    request: PlatformRequest,
    readonly response: PlatformResponse,
    readonly report: Report,
    readonly explanations?: ExplanationReport,
    readonly tracked?: TrackedDownload,
    readonly completions?: DownloadCompletions,
    readonly status = 200,
  ) {
    this.method = request.method;
    this.headers = request.headers;
    this.link = signedLinks.get(request);
    whenClosed(response.raw, () => this.#close());
  }

  // Few wrappers want one, and it costs as much as the rest of this.
  get signal(): AbortSignal {
    this.#leave ??= new AbortController();
    if (this.#hasLeft()) this.#leave.abort();
    return this.#leave.signal;
  }

  onClose(callback: () => void): void {
    if (this.#isClosed) callback();
    else this.#callbacks.push(callback);
  }

  #close(): void {
    this.#isClosed = true;
    if (this.#hasLeft()) this.#leave?.abort();
    for (const callback of this.#callbacks) callback();
  }

  #hasLeft(): boolean {
    return this.#isClosed && !isSent(this.response.raw);
  }
}
