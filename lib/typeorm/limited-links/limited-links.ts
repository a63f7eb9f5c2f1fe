import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { type DataSource } from 'typeorm';

import { quote } from '../../errors/quote.js';
import { LONGEST } from '../../signing/signing-options.js';
import { type LinkGate } from '../../http/link-gate.js';
import { type UrlSigner } from '../../signing/url-signer.js';
import { grantIdOf, isId, randomId } from './client-marks.js';
import { GrantGate, type LinkVisit } from './grant-gate.js';
import {
  checkLimitedLinkOptions,
  type LimitedLinkOptions,
  type LimitedLinkTimes,
} from './limited-link-options.js';
import { LimitedLink } from './limited-link.entity.js';
import { LinkStore } from './link-store.js';
import { RunningTransfers, type Transfer } from './running-transfers.js';

/**
 * A link that was just made.
 *
 * @publicApi
 */
export interface CreatedLimitedLink {
  readonly id: string;
  /** The path with the link's signature behind it. It is kept nowhere, so it can be told only now. */
  readonly url: string;
  readonly link: LimitedLink;
}

/**
 * Makes links that work once, some times, or until they are revoked, to a route of
 * LimitedLinkDownloadController. LimitedLinksModule provides it:
 *
 * ```ts
 * constructor(private readonly links: LimitedLinks) {}
 * // ...
 * const { url } = await this.links.create({ path: '/shared/:link', subject: document.id });
 * ```
 *
 * @publicApi
 */
export class LimitedLinks implements OnApplicationShutdown {
  /** @internal */
  readonly store: LinkStore;
  readonly #logger = new Logger('LimitedLinks');
  readonly #running: RunningTransfers;
  readonly #pending = new Set<Promise<unknown>>();

  /**
   * Inject it: LimitedLinksModule makes it.
   *
   * @param now milliseconds since 1970
   * @internal
   */
  constructor(
    private readonly dataSource: DataSource,
    private readonly signer: UrlSigner,
    private readonly times: LimitedLinkTimes,
    private readonly now: () => number = () => Date.now(),
  ) {
    signer.requireSigning('LimitedLinks');
    this.store = new LinkStore(dataSource, now);
    this.#running = new RunningTransfers(times.checkInterval, (running) =>
      this.#look(running).catch((error: unknown) => this.#report(error)),
    );
  }

  /**
   * Makes a link that works once, unless the options say otherwise.
   *
   * @throws InvalidOptionsError for an option that is wrong
   */
  async create(options: LimitedLinkOptions): Promise<CreatedLimitedLink> {
    checkLimitedLinkOptions(options);
    const { path, subject, basename = null, maxUses = 1, expiresIn } = options;
    const id = randomId();
    const url = this.signer.sign(path.replace(/(?<=\/):link(?=$|[/?])/, id), {
      expiresIn: expiresIn ?? LONGEST,
    });
    const createdAt = this.now();
    const link = this.dataSource.manager.create(LimitedLink, {
      id,
      subject,
      basename,
      maxUses,
      used: 0,
      createdAt: new Date(createdAt),
      expiresAt:
        expiresIn === undefined ? null : new Date(createdAt + expiresIn * 1000),
      revokedAt: null,
    });
    await this.dataSource.manager.insert(LimitedLink, { ...link });
    return { id, url, link };
  }

  async find(id: string): Promise<LimitedLink | null> {
    // TypeORM 0.3 would find the first of all links for what is no text.
    return isId(id) ? this.store.find(id) : null;
  }

  /** The links of a subject, the newest first. */
  async list(subject: string): Promise<LimitedLink[]> {
    if (typeof subject !== 'string') return [];
    return this.dataSource.manager.find(LimitedLink, {
      where: { subject },
      order: { createdAt: 'DESC', id: 'ASC' },
    });
  }

  /**
   * Ends a link, and what is being downloaded by it: at once what this process sends, within
   * `checkInterval` what others send. What a server in front sends runs out.
   *
   * @returns false where there is no such link, or it was revoked before
   */
  async revoke(id: string): Promise<boolean> {
    if (!isId(id)) return false;
    const isRevoked = await this.store.revoke(id);
    this.#running.cut(id);
    return isRevoked;
  }

  /**
   * Removes what is kept of uses that are over, to be called now and then. Links stay: they are rows of
   * yours.
   */
  cleanUp(): Promise<void> {
    return this.store.removeOver();
  }

  /**
   * Counts a use of a link before its file is asked for.
   *
   * @returns what leads to the file, in its URL; undefined where no use is left
   * @internal
   */
  async confirm(
    link: LimitedLink,
  ): Promise<{ token: string; undo: () => void } | undefined> {
    const token = randomId();
    const id = grantIdOf(token);
    const grant = {
      id,
      linkId: link.id,
      client: null,
      openUntil: this.openUntil(link),
    };
    if (!(await this.store.begin(grant))) return undefined;
    return { token, undo: () => this.#later(this.store.undo(id, link.id)) };
  }

  /**
   * @param url path and query, as they came
   * @throws InvalidSignatureError
   * @internal
   */
  verify(url: string): void {
    this.signer.verify(url);
  }

  /** @internal */
  gateFor(visit: LinkVisit): LinkGate {
    return new GrantGate(visit, {
      store: this.store,
      running: this.#running,
      later: (work) => this.#later(work),
    });
  }

  /**
   * Seconds that a use goes on that begins now.
   *
   * @internal
   */
  secondsOf(link: LimitedLink): number {
    return Math.ceil((this.openUntil(link) - this.now()) / 1000);
  }

  /**
   * How long a use goes on that begins now; milliseconds since 1970.
   *
   * @internal
   */
  openUntil({ expiresAt }: LimitedLink): number {
    const longest = this.now() + this.times.grantLifetime;
    return Math.min(longest, expiresAt?.getTime() ?? longest);
  }

  /**
   * What was given back is in the database before the application ends. Where Nest has closed the database
   * before, as it does with that of TypeOrmModule, it has waited for what had a connection; the rest never
   * gets one.
   */
  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await Promise.all(this.#pending);
  }

  #later(work: Promise<unknown>): void {
    const pending = work
      .catch((error: unknown) => this.#report(error))
      .finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
  }

  async #look(running: readonly Transfer[]): Promise<void> {
    const linkIds = new Set(running.map(({ linkId }) => linkId));
    for (const id of await this.store.revokedAmong([...linkIds])) {
      this.#running.cut(id);
    }
    const grantIds = new Set(running.map(({ grantId }) => grantId));
    await this.store.renewLeases([...grantIds]);
  }

  /** The database may be gone for a while; what is being sent is not its business. */
  #report(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#logger.warn(`What is running could not be kept: ${quote(text)}`);
  }
}
