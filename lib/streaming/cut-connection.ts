import { type IncomingMessage, type ServerResponse } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { Socket } from 'node:net';

/**
 * Ends an answer that cannot be completed so that nobody takes it for complete: by RST on TCP, by
 * RST_STREAM on HTTP/2. After a plain end of the connection, curl behind a default nginx, lighttpd or
 * Caddy takes a file of unknown size for whole.
 *
 * @internal
 */
export function cutConnection(
  response: ServerResponse<IncomingMessage> & { stream?: ServerHttp2Stream },
): void {
  if (response.stream) {
    response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    return;
  }
  const { socket } = response;
  if (socket instanceof Socket) reset(socket);
  // One that waits for its turn on the connection; Node 24 would leave the client waiting behind it.
  else if (!socket) response.once('socket', reset);
  response.destroy();
}

/** TLS and Unix sockets have no RST of their own; the missing end of the message tells it there. */
function reset(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy();
  }
}
