import { type StorageFailure } from '../errors/download-errors.js';
import { quote } from '../errors/quote.js';
import {
  failureOfConnection,
  type StoreRefusal,
} from '../storages/object-store.js';

const NO_BUCKET = /bucket does not exist/i;
/** What Google says of a token whose time is not now. */
const CLOCK = /short-lived token|reasonable timeframe/i;
const BY_STATUS: Readonly<Record<number, StorageFailure>> = {
  401: 'credentials',
  408: 'timed-out',
  429: 'throttled',
  502: 'unreachable',
  503: 'throttled',
  504: 'timed-out',
};
const GRANT =
  'It is missing, or the role may not read it: grant storage.objects.get, and storage.objects.list, without ' +
  'which Google says the same of what is missing.';

/**
 * An answer without bytes to who asked for some.
 *
 * @internal
 */
export class GoogleRefusal extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * What an error of the Bucket means.
 *
 * @internal
 */
export function refusalOfGoogle(error: unknown): StoreRefusal {
  const message = error instanceof Error ? error.message : '';
  const status = statusOf(error);
  const isClock = CLOCK.test(message);
  if (status === undefined && !isClock) return failureOfConnection(error);
  const text = `the store answers ${status ?? 'no token'}: ${quote(message)}`;
  if (isClock) return { kind: 'unavailable', reason: 'clock', text };
  switch (status) {
    case 304:
      return { kind: 'not-modified', text };
    case 403:
      return { kind: 'forbidden', text: `${text}. ${GRANT}` };
    case 404:
      return NO_BUCKET.test(message)
        ? { kind: 'unavailable', reason: 'no-bucket', text }
        : { kind: 'missing', text };
    case 412:
      return { kind: 'precondition-failed', text };
    case 416:
      return { kind: 'unsatisfiable', text };
    default:
      return { kind: 'unavailable', reason: BY_STATUS[status ?? 0], text };
  }
}

/** The status, in an error of the library as well. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'number' ? code : undefined;
}
