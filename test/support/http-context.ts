import { type IncomingMessage, type ServerResponse } from 'node:http';

import { type ExecutionContext } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';

/** What an interceptor of Nest gets to see of a request. */
export function httpContext(
  response: ServerResponse<IncomingMessage>,
): ExecutionContext {
  return new ExecutionContextHost([response.req, response]);
}
