import { type Subscriber } from 'rxjs';

import { GuardedObservable } from '../../events/download-events.js';
import { type LimitedLink } from './limited-link.entity.js';

/**
 * What has become of a limited link in this process.
 *
 * - `made`: `create()` has made it.
 * - `used`: a client has begun a use.
 * - `taken-back`: that use is not counted after all; nothing was sent.
 * - `revoked`: `revoke()` or `revokeAll()` has ended it.
 *
 * @publicApi
 */
export interface LimitedLinkEvent {
  readonly type: 'made' | 'used' | 'taken-back' | 'revoked';
  /** The link as it is now. */
  readonly link: LimitedLink;
  /** Which use it is about: the `id` that `uses()` gives it. */
  readonly use?: string;
}

/**
 * Tells whoever listens. A listener that throws is a line in the log, and nothing more.
 *
 * @internal
 */
export class LinkEvents extends GuardedObservable<LimitedLinkEvent> {
  readonly #subscribers: Set<Subscriber<LimitedLinkEvent>>;

  constructor() {
    const subscribers = new Set<Subscriber<LimitedLinkEvent>>();
    super((subscriber) => {
      subscribers.add(subscriber);
      return () => subscribers.delete(subscriber);
    });
    this.#subscribers = subscribers;
  }

  get isObserved(): boolean {
    return this.#subscribers.size > 0;
  }

  publish(event: LimitedLinkEvent): void {
    for (const subscriber of [...this.#subscribers]) subscriber.next(event);
  }

  /** The application ends. */
  complete(): void {
    for (const subscriber of [...this.#subscribers]) subscriber.complete();
  }
}
