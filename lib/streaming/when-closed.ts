import { type IncomingMessage, type ServerResponse } from 'node:http';

/**
 * Calls back once when the answer is over, whether it was sent or the client has left. Not every
 * version of Nest ends a file then (11.1.6 to 11.2.6 and 12.0.0 to 12.1.1 do not), and the response of
 * a pipelined request that still waits for its turn never closes by itself when the connection does.
 *
 * @internal
 */
export function whenClosed(
  response: ServerResponse<IncomingMessage>,
  callback: () => void,
): void {
  const socket = response.req?.socket;
  if (response.destroyed || socket?.destroyed) {
    callback();
    return;
  }
  const closed = (): void => {
    response.off('close', closed);
    socket?.off('close', closed);
    callback();
  };
  response.on('close', closed);
  socket?.on('close', closed);
}
