import { RestError } from '@azure/storage-blob';

import { type StorageFailure, quote } from '../errors/download-errors.js';
import { parseHttpDate } from '../http/preconditions.js';
import { parseContentRange } from '../http/range.js';
import { type FileStat } from '../storages/file-stat.js';
import {
  failureOfConnection,
  refusalByStatus,
  type StoreRefusal,
} from '../storages/object-store.js';

/** There is no such range of a blob, as its size says. */
export class NothingOfIt extends Error {}

const BY_CODE: Readonly<Record<string, StorageFailure>> = {
  ContainerNotFound: 'no-bucket',
  ContainerBeingDeleted: 'no-bucket',
  ContainerDisabled: 'no-bucket',
  AuthenticationFailed: 'credentials',
  InvalidAuthenticationInfo: 'credentials',
  NoAuthenticationInformation: 'credentials',
  OperationTimedOut: 'timed-out',
  ServerBusy: 'throttled',
};
const IMPOSSIBLE = new Set([
  'InvalidUri',
  'InvalidResourceName',
  'OutOfRangeInput',
]);
/** Azure has no code of its own for it. */
const CLOCK = /Request date header (?:is )?too old/i;
const GRANT =
  'Grant the role Storage Blob Data Reader, and Contributor for who saves, on the container.';

/**
 * What an error of the ContainerClient means.
 *
 * @internal
 */
export function refusalOfAzure(error: unknown): StoreRefusal {
  if (error instanceof NothingOfIt) {
    return { kind: 'unsatisfiable', text: 'has no such range' };
  }
  if (!(error instanceof RestError) || error.statusCode === undefined) {
    return failureOfConnection(error);
  }
  const { statusCode: status, message } = error;
  const header = error.response?.headers.get('x-ms-error-code');
  const code = header ?? error.code ?? '';
  const text = `the store answers ${status}, ${quote(code)}: ${quote(message)}`;
  if (CLOCK.test(`${message} ${JSON.stringify(error.details ?? '')}`)) {
    return { kind: 'unavailable', reason: 'clock', text };
  }
  const reason = BY_CODE[code];
  if (reason) return { kind: 'unavailable', reason, text };
  if (code === 'BlobAlreadyExists') {
    return { kind: 'precondition-failed', text };
  }
  if (IMPOSSIBLE.has(code)) return { kind: 'missing', text };
  const stat = statOfError(error);
  return refusalByStatus(status, { text, grant: GRANT, stat });
}

function statOfError({ response }: RestError): FileStat {
  const header = (name: string): string | undefined =>
    response?.headers.get(name);
  const etag = header('etag');
  return {
    ...(etag !== undefined && { etag, version: etag }),
    lastModified: parseHttpDate(header('last-modified')),
    size: parseContentRange(header('content-range'))?.size,
  };
}
