import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';

import { type ExecutionContext } from '@nestjs/common';

import {
  platformResponse,
  type PlatformResponse,
} from '../streaming/platform-response.js';
import { whenClosed } from '../streaming/when-closed.js';
import { type SignedLink, signedLinkOf } from '../signing/signed-link.js';
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
): Exchange {
  const http = context.switchToHttp();
  const request = http.getRequest<PlatformRequest>();
  const { method, headers } = request;
  const response = platformResponse(
    http.getResponse<ServerResponse<IncomingMessage>>(),
  );
  const callbacks: (() => void)[] = [];
  let closed = false;
  let leave: AbortController | undefined;
  const hasLeft = (): boolean => closed && !response.raw.writableFinished;
  whenClosed(response.raw, () => {
    closed = true;
    if (hasLeft()) leave?.abort();
    for (const callback of callbacks) callback();
  });
  return {
    method,
    headers,
    response,
    link: signedLinkOf(request),
    told,
    // Few wrappers want one, and it costs as much as the rest of this.
    get signal() {
      leave ??= new AbortController();
      if (hasLeft()) leave.abort();
      return leave.signal;
    },
    report,
    onClose: (callback) => {
      if (closed) callback();
      else callbacks.push(callback);
    },
  };
}
