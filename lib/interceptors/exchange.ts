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

/**
 * One request and the response to it, on either adapter.
 *
 * @internal
 */
export interface Exchange {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly response: PlatformResponse;
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
): Exchange {
  const http = context.switchToHttp();
  const { method, headers } = http.getRequest<PlatformRequest>();
  const response = platformResponse(
    http.getResponse<ServerResponse<IncomingMessage>>(),
  );
  const leave = new AbortController();
  const callbacks: (() => void)[] = [];
  let closed = false;
  whenClosed(response.raw, () => {
    closed = true;
    if (!response.raw.writableFinished) leave.abort();
    for (const callback of callbacks) callback();
  });
  return {
    method,
    headers,
    response,
    signal: leave.signal,
    report,
    onClose: (callback) => {
      if (closed) callback();
      else callbacks.push(callback);
    },
  };
}
