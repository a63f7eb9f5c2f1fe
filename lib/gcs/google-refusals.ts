import { quote } from '../errors/download-errors.js';
import {
  failureOfConnection,
  refusalByStatus,
  type StoreRefusal,
} from '../storages/object-store.js';

const NO_BUCKET = /bucket does not exist/i;
/** What Google says of a token whose time is not now. */
const CLOCK = /short-lived token|reasonable timeframe/i;
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
  if (status === 404 && NO_BUCKET.test(message)) {
    return { kind: 'unavailable', reason: 'no-bucket', text };
  }
  return refusalByStatus(status ?? 0, { text, grant: GRANT });
}

/** The status, in an error of the library as well. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'number' ? code : undefined;
}
