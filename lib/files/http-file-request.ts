import { type Dispatcher, request } from 'undici';

import { quote } from '../errors/quote.js';
import { RemoteFileError } from '../errors/remote-file.error.js';

/**
 * Asks another server, with nothing in the request but what is given here, and follows no redirect.
 *
 * @param timeout milliseconds for connecting and the headers together, and between two pieces of the body
 * @throws RemoteFileError with reason `timed-out` or `refused`
 * @internal
 */
export async function askRemote(
  address: URL,
  method: 'GET' | 'HEAD',
  timeout: number,
  signal?: AbortSignal,
  headers: Record<string, string> = {},
): Promise<Dispatcher.ResponseData> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeout);
  try {
    const answer = await request(address, {
      method,
      signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
      headers: { 'accept-encoding': 'identity', ...headers },
      bodyTimeout: timeout,
    });
    // A body that is destroyed unread reports an abort to nobody.
    answer.body.on('error', () => undefined);
    return answer;
  } catch (error) {
    throw late.signal.aborted
      ? new RemoteFileError('timed-out', `${quote(address.href)} is too slow`)
      : new RemoteFileError(
          'refused',
          `${quote(address.href)} did not answer`,
          {
            cause: error,
          },
        );
  } finally {
    clearTimeout(timer);
  }
}
