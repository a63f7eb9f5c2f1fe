import { type IncomingHttpHeaders } from 'node:http';

import { ServiceUnavailableException } from '@nestjs/common';

import {
  type AnswerLease,
  type AnswerLimiter,
  type PromisedAnswer,
} from '../../http/answer-limiter.js';
import { isPrefetch, tagWith } from './client-marks.js';
import { type Portion, portionOf } from './portion.js';
import { type LimitedLinkGrant } from './limited-link.entity.js';
import { type UseSearch, type LinkStore, type NewUse } from './link-store.js';
import { refuseLink } from './refuse-link.js';

/**
 * An answer that is being sent.
 *
 * @internal
 */
export interface Transfer {
  readonly linkId: string;
  readonly useId: string;
  /** Ends it before its end. */
  readonly cut: () => void;
}

/**
 * The answers that this process is sending. While there are any, the database is looked at now and then:
 * another process may have revoked their links.
 *
 * @internal
 */
export class RunningTransfers {
  readonly #running = new Set<Transfer>();
  #timer?: NodeJS.Timeout;

  /**
   * @param interval milliseconds from one look to the next
   * @param look what it is that is done then; it does not throw
   */
  constructor(
    private readonly interval: number,
    private readonly look: (running: readonly Transfer[]) => Promise<void>,
  ) {}

  add(transfer: Transfer): void {
    this.#running.add(transfer);
    this.#timer ??= this.#wait();
  }

  remove(transfer: Transfer): void {
    this.#running.delete(transfer);
    if (this.#running.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Ends those of a link. */
  cut(linkId: string): void {
    for (const transfer of [...this.#running]) {
      if (transfer.linkId === linkId) transfer.cut();
    }
  }

  #wait(): NodeJS.Timeout {
    const timer = setTimeout(() => {
      void this.look([...this.#running]).then(() => {
        // Others may have come and gone meanwhile.
        if (this.#timer === timer) this.#timer = this.#wait();
      });
    }, this.interval);
    // The connections keep the process alive, or nothing does.
    return timer.unref();
  }
}

/**
 * A request for a limited link, before it is known whether its answer has a body.
 *
 * @internal
 */
export interface RequestedUse {
  readonly linkId: string;
  readonly headers: IncomingHttpHeaders;
  /** The use that the request continues, as far as it is known. */
  readonly useId?: string;
  /** Whether the client has shown that it is its own, by more than its address. */
  readonly isShown?: boolean;
  /** What it would begin, where it may. */
  readonly fresh?: NewUse;
  /** How the client would show a use that has been begun meanwhile; none for a request that has to begin one. */
  readonly search?: UseSearch;
  /** What the client gets to show that it has the use that it began. */
  readonly cookie?: string;
}

/** What an answer was taken from, and whether it was that use's first. */
interface Taken {
  readonly useId: string;
  readonly isNew: boolean;
}

/**
 * What the limiter leaves to the service.
 *
 * @internal
 */
export interface LimiterParts {
  readonly store: LinkStore;
  readonly running: RunningTransfers;
  /** Has work done that nobody waits for. */
  readonly later: (work: Promise<unknown>) => void;
  /** Tells what has become of a use. */
  readonly tell: (type: 'used' | 'taken-back', useId: string) => void;
}

/**
 * Counts an answer with a body: a new use, or a portion of one that has begun.
 *
 * @internal
 */
export class LinkLimiter implements AnswerLimiter {
  constructor(
    private readonly asked: RequestedUse,
    private readonly parts: LimiterParts,
  ) {}

  /**
   * @throws InvalidSignatureError where no use is left
   * @throws ServiceUnavailableException where the client has enough running, or does not want it yet
   */
  async acquire({
    length,
    size,
    etag,
    cut,
  }: PromisedAnswer): Promise<AnswerLease> {
    const { store, running, later } = this.parts;
    const { linkId, headers, cookie } = this.asked;
    if (isPrefetch(headers)) throw new ServiceUnavailableException();
    const portion = portionOf(length, size);
    const { useId, isNew } = await this.#take(portion);
    const transfer = { linkId, useId, cut };
    running.add(transfer);
    return {
      headers: {
        // It may be another use than the one that the request was taken for.
        ...(etag && { ETag: tagWith(useId, etag) }),
        ...(isNew && cookie && { 'Set-Cookie': cookie }),
      },
      over: ({ hasBegun, unsent }) => {
        running.remove(transfer);
        const { amount } = portion;
        if (hasBegun) later(store.release(useId, Math.min(unsent, amount)));
        else later(this.#giveBack({ useId, isNew }, amount));
      },
    };
  }

  async #take(portion: Portion): Promise<Taken> {
    const { store } = this.parts;
    const { linkId, fresh } = this.asked;
    const { useId, search } = this.#continued(portion);
    if (useId !== undefined && (await this.#takes(useId, portion))) {
      return { useId, isNew: false };
    }
    if (!fresh) return refuseLink(linkId, 'its use has had enough');
    // One that is used up makes room for a new use.
    const others = search && !useId ? search : undefined;
    if (await store.begin(fresh, portion, others)) {
      this.parts.tell('used', fresh.id);
      return { useId: fresh.id, isNew: true };
    }
    // A request beside this one has begun the use that both are about.
    const found = search && (await store.findOpen(linkId, search));
    if (found && (await this.#takes(found.id, portion))) {
      return { useId: found.id, isNew: false };
    }
    return refuseLink(linkId, 'no use is left');
  }

  /** Many have the same address: whoever shows nothing but that goes on, and does not get the file again. */
  #continued({ isWhole }: Portion): Pick<RequestedUse, 'useId' | 'search'> {
    const { useId, isShown, search } = this.asked;
    if (!isWhole || isShown) return { useId, search };
    return { search: search && { ids: search.ids, client: null } };
  }

  /** @throws ServiceUnavailableException where that may be so only because of what is running */
  async #takes(useId: string, portion: Portion): Promise<boolean> {
    const { store } = this.parts;
    if (await store.take(useId, portion)) return true;
    const use = await store.findUse(useId, this.asked.linkId);
    if (use && isBusy(use)) throw new ServiceUnavailableException();
    return false;
  }

  async #giveBack({ useId, isNew }: Taken, amount: number): Promise<void> {
    const { store } = this.parts;
    const { linkId } = this.asked;
    if (isNew && (await store.undo(useId, linkId, amount))) {
      this.parts.tell('taken-back', useId);
    } else {
      await store.release(useId, amount);
    }
  }
}

/** What is not sent in the end is given back. */
function isBusy({ connections, leasedUntil }: LimitedLinkGrant): boolean {
  return connections > 0 && leasedUntil > Date.now();
}
