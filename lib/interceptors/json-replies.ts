import { type HttpServer, Logger, StreamableFile } from '@nestjs/common';

import { SerializedFileError } from '../errors/download-errors.js';
import { quote } from '../errors/quote.js';
import { whileSending } from '../errors/sent-as-json.js';
import { InternalErrorException } from '../errors/internal-error.exception.js';

/**
 * Has a file of which JSON is sent told in the log, however deep it lies in what a handler returned or an
 * interceptor made of it. It cannot be stopped any more: an answer of the application goes out.
 *
 * @internal
 */
export function tellOfJson(adapter: HttpServer): void {
  const logger = new Logger('DownloadModule');
  const reply: HttpServer['reply'] = adapter.reply.bind(adapter);
  adapter.reply = (response: RoutedResponse, body: unknown, status): unknown =>
    mayBecomeJson(body)
      ? watched(logger, response, (): unknown => reply(response, body, status))
      : reply(response, body, status);
}

function watched<T>(
  logger: Logger,
  response: RoutedResponse,
  send: () => T,
): T {
  return whileSending((refusal): Error => {
    const error = refusal ?? new SerializedFileError('A file inside an answer');
    logger.error(`${error.name}: ${error.message} (${routeOf(response)})`);
    // Nest has nothing to add to that.
    return new InternalErrorException(undefined, { cause: error });
  }, send);
}

function mayBecomeJson(body: unknown): boolean {
  return (
    typeof body === 'object' &&
    body !== null &&
    !(body instanceof StreamableFile) &&
    !ArrayBuffer.isView(body)
  );
}

/**
 * A request, by the pattern that it has met.
 *
 * @internal
 */
export interface RoutedRequest {
  readonly method: string;
  /** Of Express. */
  readonly route?: { readonly path: string };
  /** Of Fastify. */
  readonly routeOptions?: { readonly url?: string };
}

/** That of Express has a `req`, that of Fastify a `request`. */
interface RoutedResponse {
  readonly req?: RoutedRequest;
  readonly request?: RoutedRequest;
}

/** The pattern, since the address itself may hold a signature. */
function routeOf({ req, request = req }: RoutedResponse): string {
  const path = request?.routeOptions?.url ?? request?.route?.path;
  return `${request?.method ?? 'a request'} ${quote(path)}`;
}
