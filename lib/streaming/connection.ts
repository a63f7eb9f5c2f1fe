import { type IncomingMessage, type ServerResponse } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { Socket } from 'node:net';

/**
 * Whether bytes of this response go to a socket of Node. Functions in a cloud, and tests, put an object of
 * their own in its place, which keeps what it is given: it knows no timeouts, takes every text for UTF-8,
 * and never closes.
 *
 * @internal
 */
export function isOnSocket(response: ServerResponse<IncomingMessage>): boolean {
  // One that waits for its turn on the connection has none itself.
  return (response.socket ?? response.req?.socket) instanceof Socket;
}

const finished = new WeakSet<ServerResponse<IncomingMessage>>();

/**
 * Whether all of a response was handed on. What stands in for a socket does not say what it still holds, but that it
 * has got the end.
 *
 * @internal
 */
export function isSent(response: ServerResponse<IncomingMessage>): boolean {
  return response.writableFinished || finished.has(response);
}

/**
 * Whether nobody is left to send this response to. One that waits for its turn is not destroyed with the
 * connection.
 *
 * @internal
 */
export function isDeserted(response: ServerResponse<IncomingMessage>): boolean {
  const socket: Socket | undefined = response.req?.socket;
  return response.destroyed || socket?.destroyed === true;
}

const cuts = new WeakMap<ServerResponse<IncomingMessage>, Error>();

/**
 * Ends an answer that cannot be completed so that nobody takes it for complete: by RST on TCP, by
 * RST_STREAM on HTTP/2. After a plain end of the connection, curl behind a default nginx, lighttpd or
 * Caddy takes a file of unknown size for whole.
 *
 * @internal
 */
export function cutConnection(
  response: ServerResponse<IncomingMessage> & { stream?: ServerHttp2Stream },
  cause?: Error,
): void {
  if (cause && !isDeserted(response)) cuts.set(response, cause);
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

/**
 * Settles when the connection of a response, or its stream in HTTP/2, has closed; at once where it has none.
 *
 * @internal
 */
export function connectionClosed(
  response: ServerResponse<IncomingMessage> & { stream?: ServerHttp2Stream },
): Promise<void> {
  const { stream, socket } = response;
  const connection = stream ?? (socket instanceof Socket ? socket : undefined);
  if (!connection || connection.closed) return Promise.resolve();
  return new Promise((resolve) => {
    connection.once('close', resolve);
  });
}

/**
 * Why the application itself has cut this answer off, where it has.
 *
 * @internal
 */
export function causeOfCut(
  response: ServerResponse<IncomingMessage>,
): Error | undefined {
  return cuts.get(response);
}

/** TLS and Unix sockets have no RST of their own; the missing end of the message tells it there. */
function reset(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy();
  }
}

/**
 * Calls back when a client has taken nothing for a while, though there is something to take. A source
 * that is slow is not the client's fault.
 *
 * @param milliseconds 0 for never
 * @param now a clock, in milliseconds
 * @internal
 */
export function whenIdle(
  response: ServerResponse<IncomingMessage>,
  milliseconds: number,
  callback: () => void,
  now: () => number = performance.now.bind(performance),
): void {
  if (milliseconds === 0 || !isOnSocket(response)) return;
  // What the kernel took at once needs no watch: such an answer is over by now.
  process.nextTick(() => {
    if (!response.writableFinished && !response.destroyed) {
      watch(response, milliseconds, callback, now);
    }
  });
}

const SHORTEST_PERIOD = 500;

/**
 * Of a chunk that is on its way, Node alone sees whether some of it was taken: then it lets the timer of the socket
 * begin anew in place of going off. It compares with the size that the chunk had, of which the kernel took some
 * at once; so the first time is twice as long, and several short ones in a row tell more than a long one.
 */
function watch(
  response: ServerResponse<IncomingMessage>,
  milliseconds: number,
  callback: () => void,
  now: () => number,
): void {
  const period = periodOf(response, milliseconds);
  let quiet = 0;
  let before = { at: -Infinity, bytes: -1 };
  response.setTimeout(period, () => {
    const { at, bytes } = { at: now(), bytes: bytesTaken(response) };
    // Twice the time where Node has let the timer begin anew.
    const goesOn = bytes === before.bytes && at - before.at < 1.9 * period;
    if (!goesOn) quiet = 0;
    quiet = response.writableLength > 0 ? quiet + 1 : 0;
    before = { at, bytes };
    if (quiet * period >= milliseconds) callback();
    // It goes off once; what the client does starts it anew, and so does this.
    else response.setTimeout(period);
  });
  // Node puts its keep-alive timeout in place of ours, unless there is none, and the next response that
  // waits puts its own. Both come after this; then the response has no socket any more.
  response.prependOnceListener('finish', () => {
    const { socket } = response;
    const timeout: unknown = socket && Reflect.get(socket, 'timeout');
    if (timeout === period) socket?.setTimeout(0);
  });
}

/** Whole chunks are all that HTTP/2 tells of, and not which of its streams they were of. */
function periodOf(
  response: ServerResponse<IncomingMessage> & { stream?: ServerHttp2Stream },
  milliseconds: number,
): number {
  if (response.stream) return milliseconds;
  const period = Math.max(SHORTEST_PERIOD, Math.ceil(milliseconds / 8));
  return Math.min(milliseconds, period);
}

/** Bytes of the chunks that are not on their way any more. */
function bytesTaken({ socket }: ServerResponse<IncomingMessage>): number {
  return socket ? socket.bytesWritten - socket.writableLength : 0;
}

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
  if (isDeserted(response)) {
    callback();
    return () => undefined;
  }
  const connection = response.req?.socket;
  let callbacks: Set<Callback> | undefined;
  let isOver = false;
  const closed = (): void => {
    if (isOver) return;
    isOver = true;
    callbacks?.delete(closed);
    callback();
  };
  const hasFinished = (): void => {
    finished.add(response);
    closed();
  };
  response.once('close', closed);
  if (!isOnSocket(response)) response.once('finish', hasFinished);
  if (!response.socket && connection) {
    callbacks = waitingOn(connection).add(closed);
  }
  return () => {
    isOver = true;
    response.off('close', closed).off('finish', hasFinished);
    callbacks?.delete(closed);
  };
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

/**
 * The downloads that are being sent, for the moment when the application shuts down.
 *
 * @internal
 */
export class RunningDownloads {
  readonly #responses = new Set<ServerResponse<IncomingMessage>>();
  #isOver = false;
  #whenEmpty?: () => void;

  /** Whether the time that running downloads had is over: nothing begins any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  add(response: ServerResponse<IncomingMessage>): void {
    this.#responses.add(response);
  }

  remove(response: ServerResponse<IncomingMessage>): void {
    this.#responses.delete(response);
    if (this.#responses.size === 0) this.#whenEmpty?.();
  }

  /** Waits for them, cuts off what is left after a time, and lets none begin after that. */
  async finish(milliseconds: number): Promise<void> {
    if (this.#responses.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#whenEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#isOver = true;
    const cut = [...this.#responses].map((response) => {
      const closed = connectionClosed(response);
      cutConnection(response, new Error('The application shuts down'));
      return closed;
    });
    // Whoever listens to events is told while he is still there.
    await Promise.all(cut);
  }
}
