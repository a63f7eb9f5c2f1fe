import { S3ServiceException } from '@aws-sdk/client-s3';

import { type StorageFailure, quote } from '../errors/download-errors.js';
import { parseHttpDate } from '../http/preconditions.js';
import { parseContentRange } from '../http/range.js';
import { type FileStat } from '../storages/file-stat.js';
import {
  failureOfConnection,
  refusalByStatus,
  type StoreRefusal,
} from '../storages/object-store.js';

/** What is wrong by the code of the error, whatever its status. */
const BY_CODE: Readonly<Record<string, StorageFailure>> = {
  NoSuchBucket: 'no-bucket',
  RequestTimeTooSkewed: 'clock',
  ExpiredToken: 'credentials',
  ExpiredTokenException: 'credentials',
  InvalidAccessKeyId: 'credentials',
  InvalidToken: 'credentials',
  SignatureDoesNotMatch: 'credentials',
  TokenRefreshRequired: 'credentials',
  RequestTimeout: 'timed-out',
  RequestLimitExceeded: 'throttled',
  SlowDown: 'throttled',
  ThrottlingException: 'throttled',
  TooManyRequestsException: 'throttled',
};
/** Keys that no object of the store can have. */
const IMPOSSIBLE = new Set(['KeyTooLongError', 'InvalidURI']);
const CONFLICTS = new Set(['ConditionalRequestConflict', 'OperationAborted']);
const GRANT =
  'It is missing, or the role may not read it: grant s3:GetObject on the objects, and s3:ListBucket on the ' +
  'bucket, without which S3 says the same of what is missing.';

/**
 * What an error of the S3Client means.
 *
 * @internal
 */
export function refusalOfS3(error: unknown): StoreRefusal {
  const status = statusOf(error);
  if (!(error instanceof S3ServiceException) || status === undefined) {
    return failureOfConnection(error);
  }
  const { name, message } = error;
  const text = `the store answers ${status}, ${quote(name)}: ${quote(message)}`;
  const reason = BY_CODE[name];
  if (reason) return { kind: 'unavailable', reason, text };
  if (name === 'InvalidObjectState') return { kind: 'unavailable', text };
  if (IMPOSSIBLE.has(name)) return { kind: 'missing', text };
  if (CONFLICTS.has(name)) return { kind: 'conflict', text };
  const stat = statOfError(error);
  return refusalByStatus(status, { text, grant: GRANT, stat });
}

/**
 * @internal
 */
export function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException
    ? error.$metadata.httpStatusCode
    : undefined;
}

/** 304 and 416 come as errors, and say something of the object all the same. */
function statOfError({ $response }: S3ServiceException): FileStat {
  const headers = $response?.headers ?? {};
  const { etag } = headers;
  return {
    ...(etag !== undefined && { etag, version: etag }),
    lastModified: parseHttpDate(headers['last-modified']),
    size: parseContentRange(headers['content-range'])?.size,
  };
}
