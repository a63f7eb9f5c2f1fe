import { lookup as resolve } from 'node:dns';
import { type LookupFunction } from 'node:net';

import { Agent, buildConnector } from 'undici';

import { quote } from '../errors/quote.js';
import { RemoteFileError } from '../errors/download-errors.js';
import { isPublicAddress } from './http-file-address.js';

// Time-outs are options, and not many; one that is another each time must not leave an agent behind each time.
const MOST_AGENTS = 32;
const agents = new Map<string, Agent>();

/**
 * Whoever keeps the connections to servers of one permission: a connection that was made because its very
 * host and port are listed is never used for a file that did not list them.
 *
 * @param anyAddress whether servers may have addresses that are not public
 * @param timeout milliseconds for connecting, for the headers, and between two pieces of the body
 * @internal
 */
export function agentFor(anyAddress: boolean, timeout: number): Agent {
  const key = `${anyAddress} ${timeout}`;
  const known = agents.get(key);
  if (known) return known;
  const agent = new Agent({
    connect: anyAddress
      ? buildConnector({ timeout })
      : publicConnector(buildConnector({ timeout, lookup: publicLookup })),
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
