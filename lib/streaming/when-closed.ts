import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Stream } from 'node:stream';

type Callback = () => void;

// One listener for a response, and for a socket, however many requests were pipelined on it: Node warns of
// more than ten, and frameworks have theirs.
const waiting = new WeakMap<Stream, Set<Callback>>();

/**
 * Calls back once when the answer is over, whether it was sent or the client has left. Not every
 * version of Nest ends a file then (11.1.6 to 11.2.6 and 12.0.0 to 12.1.1 do not), and the response of
 * a pipelined request that still waits for its turn never closes by itself when the connection does.
 *
 * @returns ends the wait
 * @internal
 */
export function whenClosed(
  response: ServerResponse<IncomingMessage>,
  callback: Callback,
): Callback {
  const socket = response.req?.socket;
  if (response.destroyed || socket?.destroyed) {
    callback();
    return () => undefined;
  }
  const callbacks = [response, ...(socket ? [socket] : [])].map(waitingOn);
  const forget = (): void => {
    for (const each of callbacks) each.delete(closed);
  };
  const closed = (): void => {
    forget();
    callback();
  };
  for (const each of callbacks) each.add(closed);
  return forget;
}

function waitingOn(stream: Stream): Set<Callback> {
  const known = waiting.get(stream);
  if (known) return known;
  const callbacks = new Set<Callback>();
  waiting.set(stream, callbacks);
  stream.once('close', () => {
    for (const callback of callbacks) callback();
  });
  return callbacks;
}
