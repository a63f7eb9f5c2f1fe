import { lookup as resolve } from 'node:dns';
import { type LookupFunction } from 'node:net';

import { Agent, buildConnector, type Dispatcher, request } from 'undici';

import { RemoteFileError, quote } from '../errors/download-errors.js';
import { textOfBytes } from '../http/content-disposition.js';
import { errorCode } from '../storages/local-disk.js';
import { fieldOf } from './http-file-answer.js';
import {
  isPublicAddress,
  isListedWithPort,
  redirectedUrl,
  shownUrl,
} from './http-file-url.js';

// Time-outs are options, and not many; one that is another each time must not leave an agent behind each time.
const MOST_AGENTS = 32;
const agents = new Map<string, Agent>();

/**
 * Whoever keeps the connections to servers of one permission: a connection that was made because its very
 * host and port are listed is never used for a file that did not list them.
 *
 * @param anyAddress whether servers may have addresses that are not public
 * @param timeout milliseconds for connecting, for the headers, and between two pieces of the body
 * @param keepsConnections whether a connection is used again; a new one for each request otherwise
 * @internal
 */
export function agentFor(
  anyAddress: boolean,
  timeout: number,
  keepsConnections = true,
): Agent {
  const key = `${anyAddress} ${timeout} ${keepsConnections}`;
  const known = agents.get(key);
  if (known) return known;
  const agent = new Agent({
    connect: notingUse(
      anyAddress
        ? buildConnector({ timeout })
        : publicConnector(buildConnector({ timeout, lookup: publicLookup })),
    ),
    ...(!keepsConnections && { pipelining: 0 }),
    headersTimeout: timeout,
    bodyTimeout: timeout,
  });
  agents.set(key, agent);
  dismissOldest();
  return agent;
}

/** It finishes what it has begun. */
function dismissOldest(): void {
  const [oldest] = agents;
  if (agents.size <= MOST_AGENTS || !oldest) return;
  const [key, agent] = oldest;
  agents.delete(key);
  void agent.close();
}

const closedAfterUse = new WeakSet();

/** Marks what connections fail with that something has come from before. */
function notingUse(
  connect: buildConnector.connector,
): buildConnector.connector {
  return (options, callback) =>
    connect(options, (...result) => {
      const [, socket] = result;
      socket?.once('error', (error: Error) => {
        if (socket.bytesRead > 0) closedAfterUse.add(error);
      });
      callback(...result);
    });
}

const CLOSED = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/**
 * Whether the other side closed a connection that was kept for another request: it may do so at any time, also
 * while that request is on its way, and has not heard of it then.
 */
function isStale(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    closedAfterUse.has(error) &&
    CLOSED.has(errorCode(error) ?? '')
  );
}

/** For a literal no name is looked up, so the address that was reached has the last word. */
function publicConnector(
  connect: buildConnector.connector,
): buildConnector.connector {
  return (options, callback) => {
    connect(options, (...result) => {
      const [error, socket] = result;
      if (error || isPublicAddress(socket.remoteAddress ?? '')) {
        callback(...result);
        return;
      }
      socket.destroy();
      callback(notPublic(options.hostname), null);
    });
  };
}

/** One address that is not public is enough to refuse the name: nobody knows which of them will be taken. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses = []) => {
    const [first] = addresses;
    if (error || !first) {
      callback(error ?? new Error('The name has no address'), []);
    } else if (!addresses.every(({ address }) => isPublicAddress(address))) {
      callback(notPublic(hostname), []);
    } else if (options.all) {
      callback(null, addresses);
    } else {
      callback(null, first.address, first.family);
    }
  });
};

function notPublic(hostname: string): RemoteFileError {
  return new RemoteFileError(
    'not-allowed',
    `${quote(hostname)} has an address that is not public, and is not named with its port in allowedHosts`,
  );
}

/**
 * What goes to another server: nothing but this.
 *
 * @internal
 */
export interface RemoteRequest {
  readonly method: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly allowedHosts: readonly string[];
  /** Milliseconds for connecting, for the headers, and between two pieces of the body. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MOST_REDIRECTS = 5;
const TOO_SLOW = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);
const LONGEST_TIMER = 2 ** 31 - 1;
// So many bytes of a body that nobody wants are read, so that the connection can be used again.
const READ_OVER = 16 * 1024;

/**
 * Asks another server, and the one that it redirects to, where that is allowed.
 *
 * @param address one that is allowed
 * @throws RemoteFileError with reason `timed-out`, `refused` or `not-allowed`
 * @internal
 */
export async function askRemote(
  address: URL,
  asked: RemoteRequest,
): Promise<Dispatcher.ResponseData> {
  let url = address;
  for (let redirects = 0; ; redirects++) {
    const answer = await askOnce(url, asked);
    if (!REDIRECTS.has(answer.statusCode)) return answer;
    discard(answer);
    if (redirects === MOST_REDIRECTS) {
      throw new RemoteFileError(
        'refused',
        `${shownUrl(address)} is redirected more than ${MOST_REDIRECTS} times`,
      );
    }
    const location = fieldOf(answer.headers, 'location');
    const target = location && textOfBytes(location);
    url = redirectedUrl(target, url, asked.allowedHosts);
  }
}

/**
 * Lets go of an answer whose body nobody wants.
 *
 * @internal
 */
export function discard({ body }: Dispatcher.ResponseData): void {
  body.dump({ limit: READ_OVER }).catch(() => undefined);
}

async function askOnce(
  url: URL,
  { method, headers, allowedHosts, timeout, signal }: RemoteRequest,
): Promise<Dispatcher.ResponseData> {
  const late = new AbortController();
  // Interim answers (RFC 9110 15.2) start the time for the headers anew; they shall not do so for ever.
  const timer = setTimeout(
    () => late.abort(),
    Math.min(2 * timeout, LONGEST_TIMER),
  );
  const anyAddress = isListedWithPort(allowedHosts, url);
  const asked = {
    method,
    signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
    headers: { 'accept-encoding': 'identity', ...headers },
  };
  try {
    const answer = await request(url, {
      dispatcher: agentFor(anyAddress, timeout),
      ...asked,
    }).catch((error: unknown) => {
      if (!isStale(error)) throw error;
      // RFC 9110 9.2.2: GET and HEAD may be asked again, once.
      const dispatcher = agentFor(anyAddress, timeout, false);
      return request(url, { dispatcher, ...asked });
    });
    // A body that is destroyed unread reports an abort to nobody.
    answer.body.on('error', () => undefined);
    return answer;
  } catch (error) {
    if (signal?.aborted) throw nobodyWaits(url, error);
    throw failureOf(url, error, late.signal.aborted || isTooSlow(error));
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Why a file could not be had, by what asking for it failed with.
 *
 * @internal
 */
export function failureOf(
  url: URL,
  cause: unknown,
  isLate = isTooSlow(cause),
): RemoteFileError {
  if (cause instanceof RemoteFileError) return cause;
  return isLate
    ? new RemoteFileError('timed-out', `${shownUrl(url)} is too slow`, {
        cause,
      })
    : new RemoteFileError(
        'refused',
        `${shownUrl(url)} did not answer: ${quote(reasonOf(cause))}`,
        { cause },
      );
}

/** `ECONNREFUSED` says it all; what else has a code is told with what it says. */
function reasonOf(cause: unknown): unknown {
  const code = errorCode(cause);
  if (code !== undefined && SYSTEM_CODE.test(code)) return code;
  const text = cause instanceof Error ? cause.message || cause.name : cause;
  return code === undefined ? text : `${code}: ${String(text)}`;
}

const SYSTEM_CODE = /^E[A-Z0-9]+$/;

function nobodyWaits(url: URL, cause: unknown): RemoteFileError {
  return new RemoteFileError(
    'refused',
    `The client has left before ${shownUrl(url)} answered`,
    { cause },
  );
}

function isTooSlow(error: unknown): boolean {
  return TOO_SLOW.has(errorCode(error) ?? '');
}
