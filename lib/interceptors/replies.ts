import {
  type ExecutionContext,
  type HttpServer,
  Logger,
  StreamableFile,
} from '@nestjs/common';

import {
  SerializedFileError,
  InternalErrorException,
  whileSending,
  quote,
} from '../errors/download-errors.js';
import { type CheckedDownloadOptions } from '../download.options.js';
import { isDownloadFile } from '../files/download-file.js';
import { StorageFile } from '../files/storage-file.js';
import { DownloadResponse } from '../responses/download-response.js';
import { clearHead, platformResponse } from '../streaming/response-head.js';

type Mode = Pick<CheckedDownloadOptions, 'intercept'>;

const expected = new WeakMap<object, DownloadResponse>();

/**
 * To be told what the interceptor makes an answer of. Where all routes are intercepted nobody asks.
 *
 * @internal
 */
export function expectReply(
  download: DownloadResponse,
  execution: ExecutionContext,
  { intercept }: Mode,
): void {
  if (intercept === 'all') return;
  expected.set(execution.getArgByIndex<object>(1), download);
}

/**
 * Looks at what Nest replies with, whoever made it:
 *
 * - A file of which JSON is sent is told in the log, however deep it lies in what a handler returned or an
 *   interceptor made of it. It cannot be stopped any more: an answer of the application goes out.
 * - Where only the routes of downloads are intercepted, a download or a file of another route is 500.
 *
 * @internal
 */
export function watchReplies(adapter: HttpServer, { intercept }: Mode): void {
  const logger = new Logger('DownloadModule');
  const reply: HttpServer['reply'] = adapter.reply.bind(adapter);
  const refusalOf = intercept === 'all' ? () => undefined : missed;
  adapter.reply = (
    response: RoutedResponse,
    body: unknown,
    status,
  ): unknown => {
    const refusal = refusalOf(response, body);
    if (refusal !== undefined) {
      logger.error(refusal);
      return replyWithError(reply, response);
    }
    return mayBecomeJson(body)
      ? watched(logger, response, (): unknown => reply(response, body, status))
      : reply(response, body, status);
  };
}

/** @returns what is wrong with an answer that the interceptor has not seen, or undefined */
function missed(response: RoutedResponse, body: unknown): string | undefined {
  const download = expected.get(response);
  if (body instanceof DownloadResponse) {
    return body.isReady || body === download
      ? undefined
      : `${routeOf(response)} returned a download, and is not intercepted: it has neither @Download() nor ` +
          "a DownloadController, and the module's option intercept is 'downloads'. Put @Download() on the handler, " +
          "or leave intercept at 'all'.";
  }
  // What was made of the one that is decided, that one tells itself.
  if (!mayBecomeJson(body) || !holdsFile(body, download)) return undefined;
  const { name, message } = new SerializedFileError('What the route returned');
  return `${name}: ${message} (${routeOf(response)})`;
}

/** Nobody above would turn an exception into an answer: what a filter replies with comes this way, too. */
function replyWithError(
  reply: HttpServer['reply'],
  response: RoutedResponse,
): unknown {
  const error = new InternalErrorException();
  // Of the file, as @Header() may have said it.
  const platform = platformResponse(response);
  if (!platform.raw.headersSent) clearHead(platform);
  return reply(response, error.getResponse(), error.getStatus());
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

function mayBecomeJson(body: unknown): body is object {
  return (
    typeof body === 'object' &&
    body !== null &&
    !(body instanceof StreamableFile) &&
    !ArrayBuffer.isView(body)
  );
}

/**
 * What leaves the route, where it is no file that somebody has wrapped: it would go out as JSON.
 *
 * @throws SerializedFileError
 * @internal
 */
export function unwrapped(value: unknown): unknown {
  if (mayBecomeJson(value) && holdsFile(value)) {
    throw new SerializedFileError('What the route returned');
  }
  return value;
}

function holdsFile(value: object, except?: object): boolean {
  return (
    isFile(value) ||
    Object.values(value).some((one) => one !== except && isFile(one))
  );
}

/** A StorageFile has a JSON of its own. */
function isFile(value: unknown): boolean {
  return (
    value instanceof DownloadResponse ||
    (isDownloadFile(value) && !(value instanceof StorageFile)) ||
    wasTakenApart(value)
  );
}

/** class-transformer calls `toJSON()`, and keeps what it gives under that name. */
function wasTakenApart(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.hasOwn(value, 'toJSON') &&
    typeof Reflect.get(value, 'toJSON') === 'object'
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
type RoutedResponse = Parameters<typeof platformResponse>[0] & {
  readonly req?: RoutedRequest;
  readonly request?: RoutedRequest;
};

/** The pattern, since the address itself may hold a signature. */
function routeOf({ req, request = req }: RoutedResponse): string {
  const path = request?.routeOptions?.url ?? request?.route?.path;
  return `${request?.method ?? 'a request'} ${quote(path)}`;
}
