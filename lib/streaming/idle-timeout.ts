import { type IncomingMessage, type ServerResponse } from 'node:http';

/**
 * Calls back when a client has taken nothing for a while, though there is something to take. A source
 * that is slow is not the client's fault.
 *
 * @param milliseconds 0 for never
 * @internal
 */
export function whenIdle(
  response: ServerResponse<IncomingMessage>,
  milliseconds: number,
  callback: () => void,
): void {
  if (milliseconds === 0) return;
  // What the kernel took at once needs no watch: such an answer is over by now.
  process.nextTick(() => {
    if (!response.writableFinished && !response.destroyed) {
      watch(response, milliseconds, callback);
    }
  });
}

function watch(
  response: ServerResponse<IncomingMessage>,
  milliseconds: number,
  callback: () => void,
): void {
  response.setTimeout(milliseconds, () => {
    if (response.writableLength > 0) callback();
    // The timer of a socket goes off once; what the client does starts it anew, and so does this.
    else response.socket?.setTimeout(milliseconds);
  });
  // Node puts its keep-alive timeout in place of ours, unless there is none, and the next response that
  // waits puts its own. Both come after this; then the response has no socket any more.
  response.prependOnceListener('finish', () => {
    const { socket } = response;
    const timeout: unknown = socket && Reflect.get(socket, 'timeout');
    if (timeout === milliseconds) socket?.setTimeout(0);
  });
}
