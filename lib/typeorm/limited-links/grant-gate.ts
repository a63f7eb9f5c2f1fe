import { type IncomingHttpHeaders } from 'node:http';

import { ServiceUnavailableException } from '@nestjs/common';

import {
  type Admission,
  type LinkGate,
  type PromisedAnswer,
} from '../../http/link-gate.js';
import { isPrefetch, tagWith } from './client-marks.js';
import { type Draw, drawOf } from './grant-draws.js';
import { type LimitedLinkGrant } from './limited-link.entity.js';
import {
  type GrantSearch,
  type LinkStore,
  type NewGrant,
} from './link-store.js';
import { refuseLink } from './refuse-link.js';

/**
 * An answer that is being sent.
 *
 * @internal
 */
export interface Transfer {
  readonly linkId: string;
  readonly grantId: string;
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
export interface LinkVisit {
  readonly linkId: string;
  readonly headers: IncomingHttpHeaders;
  /** The grant that the request continues, as far as it is known. */
  readonly grantId?: string;
  /** Whether the client has shown that it is its own, by more than its address. */
  readonly isShown?: boolean;
  /** What it would begin, where it may. */
  readonly fresh?: NewGrant;
  /** How the client would show a grant that has been begun meanwhile; none for a request that has to begin one. */
  readonly search?: GrantSearch;
  /** What the client gets to show that it has the grant that it began. */
  readonly cookie?: string;
}

/** What an answer was taken from, and whether it was that grant's first. */
interface Taken {
  readonly grantId: string;
  readonly isNew: boolean;
}

/**
 * What the gate leaves to the service.
 *
 * @internal
 */
export interface GateKeeper {
  readonly store: LinkStore;
  readonly running: RunningTransfers;
  /** Has work done that nobody waits for. */
  readonly later: (work: Promise<unknown>) => void;
  /** Tells what has become of a use. */
  readonly tell: (type: 'used' | 'taken-back', grantId: string) => void;
}

/**
 * Counts an answer with a body: a new use, or a draw on one that has begun.
 *
 * @internal
 */
export class GrantGate implements LinkGate {
  constructor(
    private readonly visit: LinkVisit,
    private readonly keeper: GateKeeper,
  ) {}

  /**
   * @throws InvalidSignatureError where no use is left
   * @throws ServiceUnavailableException where the client has enough running, or does not want it yet
   */
  async admit({ length, size, etag, cut }: PromisedAnswer): Promise<Admission> {
    const { store, running, later } = this.keeper;
    const { linkId, headers, cookie } = this.visit;
    if (isPrefetch(headers)) throw new ServiceUnavailableException();
    const draw = drawOf(length, size);
    const { grantId, isNew } = await this.#take(draw);
    const transfer = { linkId, grantId, cut };
    running.add(transfer);
    return {
      headers: {
        // It may be another grant than the one that the request was taken for.
        ...(etag && { ETag: tagWith(grantId, etag) }),
        ...(isNew && cookie && { 'Set-Cookie': cookie }),
      },
      over: ({ hasBegun, unsent }) => {
        running.remove(transfer);
        const { amount } = draw;
        if (hasBegun) later(store.release(grantId, Math.min(unsent, amount)));
        else later(this.#giveBack({ grantId, isNew }, amount));
      },
    };
  }

  async #take(draw: Draw): Promise<Taken> {
    const { store } = this.keeper;
    const { linkId, fresh } = this.visit;
    const { grantId, search } = this.#continued(draw);
    if (grantId !== undefined && (await this.#draws(grantId, draw))) {
      return { grantId, isNew: false };
    }
    if (!fresh) return refuseLink(linkId, 'its grant has been used enough');
    // One that is used up makes room for a new use.
    const others = search && !grantId ? search : undefined;
    if (await store.begin(fresh, draw, others)) {
      this.keeper.tell('used', fresh.id);
      return { grantId: fresh.id, isNew: true };
    }
    // A request beside this one has begun the use that both are about.
    const found = search && (await store.findOpen(linkId, search));
    if (found && (await this.#draws(found.id, draw))) {
      return { grantId: found.id, isNew: false };
    }
    return refuseLink(linkId, 'no use is left');
  }

  /** Many have the same address: whoever shows nothing but that goes on, and does not get the file again. */
  #continued({ isWhole }: Draw): Pick<LinkVisit, 'grantId' | 'search'> {
    const { grantId, isShown, search } = this.visit;
    if (!isWhole || isShown) return { grantId, search };
    return { search: search && { ids: search.ids, client: null } };
  }

  /** @throws ServiceUnavailableException where that may be so only because of what is running */
  async #draws(grantId: string, draw: Draw): Promise<boolean> {
    const { store } = this.keeper;
    if (await store.draw(grantId, draw)) return true;
    const grant = await store.findGrant(grantId, this.visit.linkId);
    if (grant && isBusy(grant)) throw new ServiceUnavailableException();
    return false;
  }

  async #giveBack({ grantId, isNew }: Taken, amount: number): Promise<void> {
    const { store } = this.keeper;
    const { linkId } = this.visit;
    if (isNew && (await store.undo(grantId, linkId, amount))) {
      this.keeper.tell('taken-back', grantId);
    } else {
      await store.release(grantId, amount);
    }
  }
}

/** What is not sent in the end is given back. */
function isBusy({ connections, leasedUntil }: LimitedLinkGrant): boolean {
  return connections > 0 && leasedUntil > Date.now();
}
