import {
  BadGatewayException,
  ForbiddenException,
  GatewayTimeoutException,
  type HttpException,
  type HttpExceptionOptions,
  NotFoundException,
  ServiceUnavailableException,
} from '@nestjs/common';

import {
  FileChangedError,
  FileNotFoundError,
  InvalidSignatureError,
  RemoteFileError,
  StorageUnavailableError,
} from '../errors/download-errors.js';

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

type HttpExceptionClass = new (
  body?: undefined,
  options?: HttpExceptionOptions,
) => HttpException;

const DESCRIPTIONS = new Map<HttpExceptionClass, string>([
  [ForbiddenException, 'Forbidden'],
  [NotFoundException, 'Not Found'],
  [ServiceUnavailableException, 'Service Unavailable'],
  [GatewayTimeoutException, 'Gateway Timeout'],
  [BadGatewayException, 'Bad Gateway'],
]);

function exceptionFor(error: unknown): HttpExceptionClass | undefined {
  if (error instanceof FileNotFoundError) return NotFoundException;
  if (error instanceof InvalidSignatureError) return ForbiddenException;
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
