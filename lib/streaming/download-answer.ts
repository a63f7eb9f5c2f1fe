import { randomUUID } from 'node:crypto';
import { type Readable } from 'node:stream';

import { SerializedFileError } from '../errors/download-errors.js';
import { type LinkCaching } from '../http/cache-control.js';
import { type AnswerLease } from '../http/answer-limiter.js';
import { joinHeaders } from '../responses/response-headers.js';
import { type DecidedAnswer } from '../responses/download-response.js';
import { watchForJson } from './answer-as-json.js';
import { type ResponseHeaders } from '../responses/response-headers.js';
import {
  causeOfCut,
  cutConnection,
  isDeserted,
  isSent,
  whenIdle,
} from './connection.js';
import { type LocalBody } from './local-body.js';
import {
  DownloadStream,
  type DownloadStreamEvents,
} from './download-stream.js';
import {
  type PlatformResponse,
  RawResponse,
  clearHead,
  type ResponseHead,
  writeHead,
} from './response-head.js';
import { keepToLink } from './keep-to-link.js';
import { SentBytes } from './sent-bytes.js';

const IDLE_TIMEOUT = 60_000;
const CUT_OFF = 'A download was cut off';
const FAILED = 'A download failed before its first byte';

/**
 * The bytes of an answer.
 *
 * @internal
 */
export interface AnswerBody {
  readonly source: Readable | LocalBody;
  /** How many bytes were promised, where that is known. */
  readonly size?: number;
}

/**
 * Whoever wants to know when an answer begins, and what became of it.
 *
 * @internal
 */
export interface AnswerObserver {
  /** Its head was written. */
  begun(head: ResponseHead): void;
  /** It is over, once it had begun. */
  ended(end: {
    /** Bytes of the body that were handed to the operating system. */
    readonly bytes: number;
    /** Whether it came to its end. */
    readonly isFinished: boolean;
    /** Why it was cut off, where it was. */
    readonly error?: Error;
  }): void;
}

/**
 * Tells what an operator may want to know of a download.
 *
 * @param isEveryday whether nobody has to do anything about it
 * @internal
 */
export type Report = (
  message: string,
  error?: Error,
  isEveryday?: boolean,
) => void;

/**
 * What an answer is made of.
 *
 * @internal
 */
export interface DownloadAnswerParts {
  readonly head: ResponseHead;
  /** None for HEAD, 304 and an offloaded answer. */
  readonly body?: AnswerBody;
  readonly response: PlatformResponse;
  readonly isHead: boolean;
  /** No cache keeps the answer longer than the link works that it was asked for by. */
  readonly link?: LinkCaching;
  /** Milliseconds after which a client that takes nothing is reset; a minute by default, 0 for never. */
  readonly idleTimeout?: number;
  /** Where failures after the decision are told. */
  readonly report: Report;
}

/**
 * The decided answer, as Nest sends it. Nothing of it is written to the response until Nest replies:
 * an interceptor outside ours may still throw, and its 403 must not carry the file's headers, least of
 * all the one that makes the web server send the file.
 *
 * @internal
 */
export class DownloadAnswer implements DecidedAnswer, DownloadStreamEvents {
  readonly stream: DownloadStream;
  readonly #parts: DownloadAnswerParts;
  #lease?: AnswerLease;
  #sent?: SentBytes;
  #promised?: number;
  #further?: ResponseHeaders;
  #id?: string;
  #observer?: AnswerObserver;
  #hasBegun = false;
  #error?: Error;
  #isWritten = false;
  #endWatch?: () => void;

  constructor(parts: DownloadAnswerParts) {
    this.#parts = parts;
    const { source, size } = parts.body ?? {};
    this.stream = new DownloadStream(source, size, this);
  }

  get head(): ResponseHead {
    const { status, length, contentRange, without, offloadHeader, headers } =
      this.#parts.head;
    const leased = this.#lease?.headers;
    return {
      status,
      length,
      contentRange,
      without,
      offloadHeader,
      id: this.#id,
      headers:
        leased || this.#further
          ? joinHeaders(headers, leased, this.#further)
          : headers,
    };
  }

  get isObserved(): boolean {
    return this.#observer !== undefined;
  }

  /** Whether its head is on the response: otherwise somebody else has answered. */
  get wasWritten(): boolean {
    return this.#isWritten;
  }

  get hasBody(): boolean {
    return this.#parts.body !== undefined;
  }

  /** Whether somebody else is to send the bytes: the server in front, or a store that the client is sent to. */
  get isOffloaded(): boolean {
    return this.#parts.head.offloadHeader !== undefined;
  }

  /**
   * Gives an answer that is handed to the server in front the id that this server logs it with; a store that a
   * client is sent to logs nothing.
   *
   * @param given by which it is known already
   */
  identify(given: string | undefined): string | undefined {
    if (this.#parts.head.status !== 200) return undefined;
    return (this.#id = given ?? randomUUID());
  }

  /** Further headers. */
  add(headers: ResponseHeaders): void {
    this.#further = this.#further
      ? joinHeaders(this.#further, headers)
      : headers;
  }

  /** @param limitRate bytes a second of the body */
  pace(limitRate: number): void {
    this.stream.limitRate = limitRate;
  }

  observe(observer: AnswerObserver): void {
    const other = this.#observer;
    this.#observer = other ? bothOf(other, observer) : observer;
  }

  /** The link has let it pass, and wants to know what became of it. */
  leaseBy(lease: AnswerLease): void {
    this.#lease = lease;
  }

  /** Current versions never pipe the answer to HEAD, so its head is written where Nest asks for it. */
  getHeaders(): ReturnType<DecidedAnswer['getHeaders']> {
    const { head, isHead, response } = this.#parts;
    if (isHead) this.#write(response);
    return {
      type: head.headers['Content-Type'],
      disposition: head.headers['Content-Disposition'],
      length: head.length,
    };
  }

  wasSerialized(): void {
    if (this.#isWritten || this.#endWatch) return;
    const { response, report } = this.#parts;
    this.#endWatch = watchForJson(response.raw, () =>
      report(
        'A download was sent as JSON',
        new SerializedFileError('A download'),
      ),
    );
  }

  outliveNest(): void {
    this.stream.mayBeDestroyed = false;
  }

  /** The response is over. */
  close(): void {
    this.#reportCut();
    this.stream.mayBeDestroyed = true;
    this.stream.destroy();
    this.#lease?.over({
      // Whoever reads the bytes in place of Nest has them, too.
      hasBegun: this.#sent !== undefined || this.stream.readableDidRead,
      unsent: this.#sent?.missing(this.#promised) ?? 0,
    });
    this.#lease = undefined;
    this.#tellEnd();
  }

  /** By the filters of the application where they can be had, else as Nest answers an unknown error. */
  sendError(error: Error): void {
    const { response } = this.#parts;
    const { raw } = response;
    if (raw.headersSent || raw.destroyed || response.passOn?.(error)) return;
    const body = JSON.stringify({
      statusCode: 500,
      message: 'Internal server error',
    });
    raw.statusCode = 500;
    raw.setHeader('Content-Type', 'application/json; charset=utf-8');
    raw.end(body);
  }

  /** Fastify takes a stream that closed before any head for an error of the application. */
  leftBefore(): boolean {
    const { raw } = this.#parts.response;
    const hasLeft = isDeserted(raw);
    if (hasLeft && !raw.headersSent) raw.flushHeaders();
    if (hasLeft) this.#reportLeft();
    return hasLeft;
  }

  begin(destination: NodeJS.WritableStream): void {
    const { response } = this.#parts;
    const { raw } = response;
    // Something in between, such as compression, makes a body of another length.
    this.#write(
      destination === raw ? new RawResponse(raw) : response,
      destination !== raw,
    );
    if (!this.#lease) return;
    this.#sent = new SentBytes(raw);
    if (destination === raw) this.#promised = this.#parts.head.length;
  }

  begun(): void {
    const { response, body, idleTimeout = IDLE_TIMEOUT } = this.#parts;
    if (!body) return;
    whenIdle(response.raw, idleTimeout, () =>
      this.fail(new Error(`The client took nothing for ${idleTimeout} ms`)),
    );
  }

  #write(response: PlatformResponse, transformed = false): void {
    const { link, report } = this.#parts;
    const { head } = this;
    this.#isWritten = true;
    this.#endWatch?.();
    const { cookieMadePrivate, removedLate } = this.#writeHead(
      transformed ? { ...head, length: undefined } : head,
      response,
    );
    if (link) keepToLink(response, link);
    this.#hasBegun = true;
    this.#observer?.begun(head);
    if (removedLate) {
      report(
        'An ETag or a Last-Modified was taken off a download: it was set after its conditions were judged',
      );
    }
    if (cookieMadePrivate) {
      report(
        'A download that sets a cookie went out as private: Cache-Control allowed shared caches',
      );
    }
  }

  #reportLeft(): void {
    this.#parts.report('A client has left a download', undefined, true);
  }

  /** What has failed by itself was reported then. */
  #reportCut(): void {
    const { raw } = this.#parts.response;
    if (!this.#isWritten || this.#error || isSent(raw)) return;
    const cause = causeOfCut(raw);
    if (cause) this.#parts.report(CUT_OFF, cause);
    else this.#reportLeft();
  }

  #tellEnd(): void {
    if (!this.#observer || !this.#hasBegun) return;
    this.#hasBegun = false;
    const { raw } = this.#parts.response;
    const error = this.#error ?? causeOfCut(raw);
    const isFinished = isSent(raw) && !error;
    this.#observer.ended({
      bytes: this.stream.bytesWritten(isFinished),
      isFinished,
      error,
    });
  }

  /** A value that fits in no header leaves no half of the file's behind for the error. */
  #writeHead(
    ...given: Parameters<typeof writeHead>
  ): ReturnType<typeof writeHead> {
    try {
      return writeHead(...given);
    } catch (error) {
      clearHead(this.#parts.response);
      throw error;
    }
  }

  fail(error: Error): void {
    const { raw } = this.#parts.response;
    // A write that fails since the client has left tells of it before the response does.
    if (isDeserted(raw)) return;
    this.#error ??= error;
    this.#parts.report(raw.headersSent ? CUT_OFF : FAILED, error);
    if (raw.headersSent) {
      cutConnection(raw, error);
    } else {
      this.#sent = undefined;
      clearHead(this.#parts.response);
    }
  }
}

function bothOf(one: AnswerObserver, other: AnswerObserver): AnswerObserver {
  return {
    begun(head) {
      one.begun(head);
      other.begun(head);
    },
    ended(end) {
      one.ended(end);
      other.ended(end);
    },
  };
}
