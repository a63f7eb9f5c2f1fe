import { randomUUID } from 'node:crypto';

import { Injectable, Logger } from '@nestjs/common';

import { DownloadCompletions } from '../completions/download-completions.js';
import {
  InvalidOptionsError,
  TooManyDownloadsError,
} from '../errors/download-errors.js';
import { kindOf, quote } from '../errors/quote.js';
import { type DownloadRequest } from '../http/download-request.js';
import {
  type ConcurrentOptions,
  type DownloadSlots,
  MemorySlots,
} from '../responses/concurrent-options.js';
import { type DownloadBackend } from '../responses/download-backend.js';
import { type DownloadResponse } from '../responses/download-response.js';
import { OFFLOAD_HEADERS } from '../responses/response-headers.js';
import { andThen, type Awaitable, orElse } from '../storages/awaitable.js';
import { type DownloadAnswer } from '../streaming/download-answer.js';
import { ID_HEADER } from './download-tracking.js';
import { type Exchange } from './exchange.js';

/** Nobody knows when a download ends. */
const RETRY_AFTER = '10';

const logger = new Logger('DownloadModule');

/**
 * Limits how many downloads go on at once.
 *
 * @internal
 */
@Injectable()
export class ConcurrentDownloads {
  readonly #slots = new WeakMap<ConcurrentOptions, DownloadSlots>();

  constructor(private readonly completions: DownloadCompletions) {}

  /** The slot that an answer to this request takes. */
  slotFor(options: ConcurrentOptions, request: DownloadRequest): DownloadSlot {
    let slots = options.slots ?? this.#slots.get(options);
    if (!slots) this.#slots.set(options, (slots = new MemorySlots()));
    return new DownloadSlot(options, slots, request, this.completions);
  }
}

/**
 * One answer's place among those that go on at once.
 *
 * @internal
 */
export class DownloadSlot {
  #giveBack: (() => unknown) | undefined;
  #forget: (() => void) | undefined;

  constructor(
    private readonly options: ConcurrentOptions,
    private readonly slots: DownloadSlots,
    private readonly request: DownloadRequest,
    private readonly completions: DownloadCompletions,
  ) {}

  /**
   * What has no file to send takes none.
   *
   * @throws TooManyDownloadsError where none is free; the answer is let go of then
   */
  take(answer: DownloadAnswer, exchange: Exchange): Awaitable<void> {
    if (!answer.hasBody && !isHandedOver(answer)) return;
    const { max } = this.options;
    const taken = orElse(
      () => this.slots.take(this.#key(), this.#unit(), max),
      (error) => {
        answer.close();
        throw error;
      },
    );
    return andThen(taken, (giveBack) => {
      if (!giveBack) {
        answer.close();
        exchange.response.setHeader('Retry-After', RETRY_AFTER);
        throw new TooManyDownloadsError(`${max} at once are going on`);
      }
      this.#giveBack = giveBack;
      exchange.onClose(() => {
        const { raw } = exchange.response;
        // The server has got it, and logs how it ends.
        if (this.#forget && answer.wasWritten && raw.writableFinished) return;
        this.#forget?.();
        this.#free();
      });
    });
  }

  /** Where the server in front tells what becomes of the answer, the slot is free only then. */
  follow(answer: DownloadAnswer): void {
    const id = answer.head.headers[ID_HEADER];
    if (id === undefined || !this.#giveBack || !this.completions.areRead) {
      return;
    }
    this.#forget = this.completions.expect(id, () => this.#free());
  }

  #key(): string {
    const key = this.options.by(this.request);
    if (typeof key === 'string') return key;
    throw new InvalidOptionsError(
      'concurrent.by',
      kindOf(key),
      'Return a string for every request.',
    );
  }

  #unit(): string {
    const { method, url } = this.request;
    const isShared = this.options.per === 'file' && method === 'GET';
    return isShared ? url : randomUUID();
  }

  #free(): void {
    const giveBack = this.#giveBack;
    this.#giveBack = undefined;
    const failed = (error: unknown): void => {
      const text = error instanceof Error ? error.message : String(error);
      logger.warn(`A slot could not be given back: ${quote(text)}`);
    };
    try {
      const given = giveBack?.();
      if (given instanceof Promise) given.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}

function isHandedOver({ head }: DownloadAnswer): boolean {
  return OFFLOAD_HEADERS.some((name) => name in head.headers);
}

const LIMIT_OF_NGINX = 'X-Accel-Limit-Rate';

/**
 * Has the application keep to the rate of a download that it sends itself. What says nothing is left to the
 * backend's own rate, which nginx keeps to in any case.
 *
 * @internal
 */
export function limitAnswer(
  answer: DownloadAnswer,
  { limitRate }: DownloadResponse,
  backend: DownloadBackend,
): void {
  if (!answer.hasBody) return;
  const rate = limitRate ?? backend.limitRate;
  if (rate) answer.pace(rate);
  if (limitRate !== undefined && LIMIT_OF_NGINX in answer.head.headers) {
    answer.add({ [LIMIT_OF_NGINX]: '0' });
  }
}
