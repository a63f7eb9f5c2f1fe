import {
  BadGatewayException,
  ForbiddenException,
  GatewayTimeoutException,
  HttpException,
  type HttpExceptionOptions,
  HttpStatus,
  NotFoundException,
  ServiceUnavailableException,
} from '@nestjs/common';

import {
  FileChangedError,
  FileNotFoundError,
  InvalidSignatureError,
  RemoteFileError,
  SerializedFileError,
  StorageUnavailableError,
  TooManyDownloadsError,
  InternalErrorException,
} from '../errors/download-errors.js';
import { isDeserted } from '../streaming/connection.js';
import { type DownloadContext } from './download-context.js';

/**
 * The one place where errors of files and storages become answers. The message stays behind: it names
 * paths and keys.
 *
 * @internal
 */
export function toHttpException(error: unknown): unknown {
  const Exception = exceptionFor(error);
  if (!Exception) return error;
  // Without a description, Nest 11 leaves the message out as soon as there is a cause.
  const description = DESCRIPTIONS.get(Exception);
  return new Exception(undefined, { cause: error, description });
}

/**
 * What was stopped since the client has left is no error of the application: nobody gets an answer.
 *
 * @internal
 */
export function unlessLeft(
  error: unknown,
  context: Pick<DownloadContext, 'response' | 'signal'>,
): unknown {
  return isDeserted(context.response.raw) &&
    (isAbortError(error) || error === context.signal.reason)
    ? new StorageUnavailableError('The client has left', { cause: error })
    : error;
}

function isAbortError(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'name' in error &&
    error.name === 'AbortError'
  );
}

type HttpExceptionClass = new (
  body?: undefined,
  options?: HttpExceptionOptions,
) => HttpException;

/** Nest has none. */
class TooManyRequestsException extends HttpException {
  constructor(_body: undefined, options?: HttpExceptionOptions) {
    const statusCode = HttpStatus.TOO_MANY_REQUESTS;
    super({ message: 'Too Many Requests', statusCode }, statusCode, options);
  }
}

const DESCRIPTIONS = new Map<HttpExceptionClass, string>([
  [ForbiddenException, 'Forbidden'],
  [NotFoundException, 'Not Found'],
  [ServiceUnavailableException, 'Service Unavailable'],
  [GatewayTimeoutException, 'Gateway Timeout'],
  [BadGatewayException, 'Bad Gateway'],
]);

function exceptionFor(error: unknown): HttpExceptionClass | undefined {
  if (error instanceof FileNotFoundError) return NotFoundException;
  if (error instanceof TooManyDownloadsError) return TooManyRequestsException;
  if (error instanceof InvalidSignatureError) return ForbiddenException;
  if (error instanceof SerializedFileError) return InternalErrorException;
  if (
    error instanceof StorageUnavailableError ||
    error instanceof FileChangedError
  ) {
    return ServiceUnavailableException;
  }
  if (error instanceof RemoteFileError) {
    return error.reason === 'timed-out'
      ? GatewayTimeoutException
      : BadGatewayException;
  }
  return undefined;
}
