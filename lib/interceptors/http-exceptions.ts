import {
  BadGatewayException,
  GatewayTimeoutException,
  NotFoundException,
  ServiceUnavailableException,
} from '@nestjs/common';

import { FileNotFoundError } from '../errors/file-not-found.error.js';
import { RemoteFileError } from '../errors/remote-file.error.js';
import { StorageUnavailableError } from '../errors/storage-unavailable.error.js';

/**
 * The one place where errors of files and storages become answers. The message stays behind: it names
 * paths and keys.
 *
 * @internal
 */
export function toHttpException(error: unknown): unknown {
  if (error instanceof FileNotFoundError) {
    return new NotFoundException(undefined, { cause: error });
  }
  if (error instanceof StorageUnavailableError) {
    return new ServiceUnavailableException(undefined, { cause: error });
  }
  if (error instanceof RemoteFileError) {
    return error.reason === 'timed-out'
      ? new GatewayTimeoutException(undefined, { cause: error })
      : new BadGatewayException(undefined, { cause: error });
  }
  return error;
}
