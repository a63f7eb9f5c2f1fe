import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Socket } from 'node:net';

type Callback = () => void;

// One listener for a socket, however many requests were pipelined on it: Node warns of more than ten.
const waiting = new WeakMap<Socket, Set<Callback>>();

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
  const connection = response.req?.socket;
  if (response.destroyed || connection?.destroyed) {
    callback();
    return () => undefined;
  }
  let callbacks: Set<Callback> | undefined;
  const forget = (): void => {
    response.off('close', closed);
    callbacks?.delete(closed);
  };
  const closed = (): void => {
    forget();
    callback();
  };
  response.once('close', closed);
  if (!response.socket && connection) {
    callbacks = waitingOn(connection).add(closed);
  }
  return forget;
}

function waitingOn(socket: Socket): Set<Callback> {
  const known = waiting.get(socket);
  if (known) return known;
  const callbacks = new Set<Callback>();
  waiting.set(socket, callbacks);
  socket.once('close', () => {
    for (const callback of callbacks) callback();
  });
  return callbacks;
}
