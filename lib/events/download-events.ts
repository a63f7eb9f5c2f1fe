import { type Channel, channel } from 'node:diagnostics_channel';

import { Injectable, Logger } from '@nestjs/common';
import {
  Observable,
  type Observer,
  type Operator,
  Subscriber,
  type Subscription,
} from 'rxjs';

import { type DownloadRequest } from '../http/download-request.js';
import { quote } from '../errors/download-errors.js';

/**
 * What became of a download.
 *
 * - `completed`: every byte of the answer was handed to the operating system. Whether they arrived, only the
 *   client knows. HEAD is completed with 0 bytes.
 * - `aborted`: the client left before.
 * - `failed`: the source failed, the client took nothing for too long, or the application cut it off.
 * - `not-modified`: 304, the client had it already.
 * - `refused`: 403 of a link, 404, 412, 416, 429, 502, 503, 504.
 * - `handed-over`: the server in front, or a store, sends the file. Where its completions are read, another event
 *   with the same id tells what became of it; `unknown` where no line came in time.
 *
 * @publicApi
 */
export type DownloadOutcome =
  | 'completed'
  | 'aborted'
  | 'failed'
  | 'not-modified'
  | 'refused'
  | 'handed-over'
  | 'unknown';

/**
 * A download begins, or is over.
 *
 * @publicApi
 */
export interface DownloadEvent {
  /** The same in all events of one answer; of an offloaded one the value of its `X-Download-Id`. */
  readonly id: string;
  readonly phase: 'started' | 'finished';
  /** Only when it is over. */
  readonly outcome?: DownloadOutcome;
  /** `application`, or the name of the backend whose server sends the file: `nginx`, `redirect` ... */
  readonly sender: string;
  readonly method: string;
  readonly status: number;
  /** Bytes of the body that were handed to the operating system, not those that arrived. Only when it is over. */
  readonly bytes?: number;
  /** Bytes of the file, where they are known. */
  readonly size?: number;
  /** The range of a 206 with one part, its end included. */
  readonly range?: { readonly start: number; readonly end: number };
  /** Milliseconds since the answer began; 0 when it begins. */
  readonly duration: number;
  readonly file: {
    /** What the client calls it. */
    readonly name: string;
    /** The name of its storage, where it lies in one of the module's. */
    readonly storage?: string;
    readonly key?: string;
  };
  /** The id of the limited link that it was asked for by. */
  readonly link?: string;
  /** The name of the controller's class. */
  readonly controller: string;
  /** The name of its method. */
  readonly handler: string;
  readonly request: DownloadRequest;
  /** Why it was refused or has failed. */
  readonly error?: Error;
}

/** The channel of `node:diagnostics_channel`. */
const CHANNEL = 'nestjs-downloadview:download';

const logger = new Logger('DownloadModule');

/**
 * Subscribers of an Observable that throw end the process (rxjs throws again where nobody can catch it). Here a
 * listener that throws is a line in the log; it and all others go on.
 *
 * @internal
 */
export class GuardedObservable<T> extends Observable<T> {
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new GuardedObservable<R>();
    lifted.source = this;
    lifted.operator = operator;
    return lifted;
  }

  /** Listens; a listener that throws is a line in the log, and all others go on. */
  override subscribe(
    observer?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // An operator's own, whose end is guarded.
    if (observer instanceof Subscriber) return super.subscribe(observer);
    const given: Partial<Observer<T>> =
      typeof observer === 'function' || error || complete
        ? {
            next: typeof observer === 'function' ? observer : undefined,
            error: error ?? undefined,
            complete: complete ?? undefined,
          }
        : (observer ?? {});
    return super.subscribe({
      next: (value) => {
        try {
          // An async listener is one, too.
          const waiting: unknown = given.next?.(value);
          if (waiting instanceof Promise) waiting.catch(reportListener);
        } catch (thrown) {
          reportListener(thrown);
        }
      },
      error: (thrown) =>
        given.error ? given.error(thrown) : reportListener(thrown),
      complete: () => given.complete?.(),
    });
  }
}

function reportListener(thrown: unknown): void {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  logger.error(`A listener of events threw: ${quote(message)}`);
}

/**
 * What is downloaded: an event when an answer begins and one when it is over. The same objects are published on
 * the channel `nestjs-downloadview:download` of `node:diagnostics_channel`. Nothing is made where nobody listens.
 *
 * ```ts
 * constructor(events: DownloadEvents) {
 *   events.subscribe(({ phase, outcome, file, bytes }) => {
 *     if (phase === 'finished') audit(file.name, outcome, bytes);
 *   });
 * }
 * ```
 *
 * The application's own guards, 405 and the router's 404 are no downloads.
 *
 * @publicApi
 */
@Injectable()
export class DownloadEvents extends GuardedObservable<DownloadEvent> {
  readonly #subscribers: Set<Subscriber<DownloadEvent>>;
  readonly #channel: Channel = channel(CHANNEL);

  constructor() {
    const subscribers = new Set<Subscriber<DownloadEvent>>();
    super((subscriber) => {
      subscribers.add(subscriber);
      return () => subscribers.delete(subscriber);
    });
    this.#subscribers = subscribers;
  }

  /**
   * Whether anybody listens.
   *
   * @internal
   */
  get isObserved(): boolean {
    return this.#subscribers.size > 0 || this.#channel.hasSubscribers;
  }

  /** @internal */
  publish(event: DownloadEvent): void {
    for (const subscriber of [...this.#subscribers]) subscriber.next(event);
    this.#channel.publish(event);
  }

  /**
   * The application closes: nothing comes any more.
   *
   * @internal
   */
  complete(): void {
    for (const subscriber of [...this.#subscribers]) subscriber.complete();
  }
}
