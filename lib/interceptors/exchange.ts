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
import { whenClosed } from '../streaming/connection.js';
import { type SignedLink, signedLinkOf } from '../signing/signed-message.js';
import { type TrackedDownload } from './download-tracking.js';
import { type ToldExplanation } from './told-explanation.js';

/**
 * One request and the response to it, on either adapter.
 *
 * @internal
 */
export interface Exchange {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly response: PlatformResponse;
  /** The link that the request came by, where the route wants a signed one. */
  readonly link?: SignedLink;
  /** There where somebody wants to know why the answer is the one that it is. */
  readonly told?: ToldExplanation;
  /** There where somebody wants to know what is downloaded. */
  readonly tracked?: TrackedDownload;
  /** What the server in front says of the files that it was handed. */
  readonly completions?: DownloadCompletions;
  /** Fires when the client leaves before it has everything. */
  readonly signal: AbortSignal;
  /** Has the callback called when the answer is over, in whatever way. */
  onClose(callback: () => void): void;
  /** Tells what went wrong after the decision, or was changed by it. */
  readonly report: (message: string, error?: Error) => void;
}

interface PlatformRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * @internal
 */
export function exchangeOf(
  context: ExecutionContext,
  report: Exchange['report'],
  told?: ToldExplanation,
  tracked?: TrackedDownload,
  completions?: DownloadCompletions,
): Exchange {
  const http = context.switchToHttp();
  return new HttpExchange(
    http.getRequest<PlatformRequest>(),
    platformResponse(http.getResponse<ServerResponse<IncomingMessage>>()),
    report,
    told,
    tracked,
    completions,
  );
}

// A class: a literal with an accessor has a shape of its own each time, which costs a tenth of a small answer.
class HttpExchange implements Exchange {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly link?: SignedLink;
  readonly #callbacks: (() => void)[] = [];
  #isClosed = false;
  #leave?: AbortController;

  constructor(
    request: PlatformRequest,
    readonly response: PlatformResponse,
    readonly report: Exchange['report'],
    readonly told?: ToldExplanation,
    readonly tracked?: TrackedDownload,
    readonly completions?: DownloadCompletions,
  ) {
    this.method = request.method;
    this.headers = request.headers;
    this.link = signedLinkOf(request);
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
    return this.#isClosed && !this.response.raw.writableFinished;
  }
}
