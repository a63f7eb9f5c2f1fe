import { randomUUID } from 'node:crypto';

import { Injectable, Logger } from '@nestjs/common';

import {
  InvalidOptionsError,
  TooManyDownloadsError,
  kindOf,
  quote,
} from '../errors/download-errors.js';
import { type DownloadRequest } from '../http/download-request.js';
import {
  type ConcurrentOptions,
  type DownloadSlots,
  MemorySlots,
} from '../responses/concurrent-options.js';
import { type DownloadBackend } from '../responses/download-backend.js';
import { type DownloadResponse } from '../responses/download-response.js';
import { andThen, type Awaitable, orElse } from '../storages/awaitable.js';
import { type DownloadAnswer } from '../streaming/download-answer.js';
import { type DownloadContext } from './download-context.js';
import { whenSentByServer } from './answer-use.js';

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

  /** The slot that an answer to this request takes. */
  slotFor(options: ConcurrentOptions, request: DownloadRequest): DownloadSlot {
    let slots = options.slots ?? this.#slots.get(options);
    if (!slots) this.#slots.set(options, (slots = new MemorySlots()));
    return new DownloadSlot(options, slots, request);
  }
}

/**
 * One answer's place among those that go on at once.
 *
 * @internal
 */
export class DownloadSlot {
  constructor(
    private readonly options: ConcurrentOptions,
    private readonly slots: DownloadSlots,
    private readonly request: DownloadRequest,
  ) {}

  /**
   * What has no file to send takes none. It is given back when the answer is over, or the server in front has told
   * what became of it.
   *
   * @param id that the server in front logs it with, where that is handed the file
   * @throws TooManyDownloadsError where none is free; the answer is let go of then
   */
  take(
    answer: DownloadAnswer,
    context: DownloadContext,
    id: string | undefined,
  ): Awaitable<void> {
    if (!answer.hasBody && id === undefined) return;
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
        context.response.setHeader('Retry-After', RETRY_AFTER);
        throw new TooManyDownloadsError(`${max} at once are going on`);
      }
      const free = (): void => this.#free(giveBack);
      if (id === undefined || !context.completions?.areRead) {
        context.onClose(free);
      } else {
        whenSentByServer(id, answer, context, free);
      }
    });
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

  #free(giveBack: () => unknown): void {
    const failed = (error: unknown): void => {
      const text = error instanceof Error ? error.message : String(error);
      logger.warn(`A slot could not be given back: ${quote(text)}`);
    };
    try {
      const given = giveBack();
      if (given instanceof Promise) given.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
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
