import {
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { type Observable } from 'rxjs';
import { type DataSource } from 'typeorm';

import { quote } from '../../errors/download-errors.js';
import { LONGEST } from '../../signing/signing-options.js';
import { type UrlSigner } from '../../signing/url-signer.js';
import { isId, randomId } from './client-marks.js';
import {
  checkFilter,
  checkLimitedLinkOptions,
  checkOwner,
  checkPaging,
  type LimitedLinkFilter,
  type LimitedLinkOptions,
  type LimitedLinkOwner,
  type LimitedLinkPaging,
  type LimitedLinkTimes,
} from './limited-link-options.js';
import { LimitedLink } from './limited-link.entity.js';
import { type LimitedLinkEvent, LinkEvents } from './link-events.js';
import {
  type LimitedLinkList,
  type LimitedLinkUse,
  linksOf,
  listLinks,
  listUses,
} from './link-list.js';
import { LinkStore } from './link-store.js';
import { LinkUses } from './link-uses.js';

/** How many links are revoked by one statement. */
const MOST_AT_ONCE = 500;

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
export class LimitedLinks
  implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
{
  /**
   * What becomes of links, in this process: they are made, used and revoked. A listener that throws or is slow
   * does no harm.
   *
   * ```ts
   * links.events.subscribe(({ type, link }) => {
   *   if (type === 'used') this.mails.tell(link.creator, `Your link was used: ${link.note}`);
   * });
   * ```
   */
  readonly events: Observable<LimitedLinkEvent>;
  readonly #events = new LinkEvents();
  readonly #logger = new Logger('LimitedLinks');
  #cleaning?: NodeJS.Timeout;
  /** @internal */
  readonly store: LinkStore;
  /** @internal */
  readonly tracker: LinkUses;

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
    this.events = this.#events;
    this.tracker = new LinkUses(this.store, times, now, this.#events);
  }

  /**
   * Makes a link that works once, unless the options say otherwise.
   *
   * @throws InvalidOptionsError for an option that is wrong
   */
  async create(options: LimitedLinkOptions): Promise<CreatedLimitedLink> {
    checkLimitedLinkOptions(options);
    const { path, subject, maxUses = 1, expiresIn } = options;
    const { basename = null, creator = null, note = null } = options;
    const id = randomId();
    const url = this.signer.sign(path.replace(/(?<=\/):link(?=$|[/?])/, id), {
      expiresIn: expiresIn ?? LONGEST,
    });
    const createdAt = this.now();
    const link = this.dataSource.manager.create(LimitedLink, {
      id,
      subject,
      creator,
      note,
      basename,
      maxUses,
      used: 0,
      createdAt: new Date(createdAt),
      expiresAt:
        expiresIn === undefined ? null : new Date(createdAt + expiresIn * 1000),
      revokedAt: null,
    });
    await this.dataSource.manager.insert(LimitedLink, { ...link });
    this.#events.publish({ type: 'made', link });
    return { id, url, link };
  }

  /** The link of an id, with its uses so far; null where there is none. */
  async find(id: string): Promise<LimitedLink | null> {
    // TypeORM 0.3 would find the first of all links for what is no text.
    return isId(id) ? this.store.find(id) : null;
  }

  /** All links of a subject, the newest first. */
  list(subject: string): Promise<LimitedLink[]>;
  /**
   * Links, the newest first, some at a time: `list({ creator: 'ada', state: 'open', skip: 50 })`; `list({})` is
   * everybody's.
   *
   * @throws InvalidOptionsError for what is unknown or wrong; undefined is wrong, too
   */
  list(filter: LimitedLinkFilter & LimitedLinkPaging): Promise<LimitedLinkList>;
  async list(
    asked: string | (LimitedLinkFilter & LimitedLinkPaging),
  ): Promise<LimitedLink[] | LimitedLinkList> {
    if (typeof asked === 'string') {
      return this.dataSource.manager.find(LimitedLink, {
        where: { subject: asked },
        order: { createdAt: 'DESC', id: 'ASC' },
      });
    }
    // A subject that is not there has no links; TypeORM 0.3 would find all.
    if (asked === undefined || asked === null) return [];
    checkFilter(asked);
    return listLinks(this.dataSource.manager, asked, this.now());
  }

  /**
   * Who has used a link, the newest first. Uses that are over go after `keepUses`.
   *
   * @throws InvalidOptionsError for what is unknown or wrong
   */
  async uses(
    id: string,
    paging: LimitedLinkPaging = {},
  ): Promise<LimitedLinkUse[]> {
    checkPaging(paging);
    return isId(id) ? listUses(this.dataSource.manager, id, paging) : [];
  }

  /**
   * Ends a link, and what is being downloaded by it: at once what this process sends, within
   * `checkInterval` what others send.
   *
   * @returns false where there is no such link, or it was revoked before
   */
  async revoke(id: string): Promise<boolean> {
    return isId(id) && (await this.#revoke([id])) === 1;
  }

  /**
   * Ends all links of a subject, of a creator, or of both: `revokeAll({ subject: document.id })`.
   *
   * @returns how many were not revoked before
   * @throws InvalidOptionsError where neither is given, or one is wrong or undefined
   */
  async revokeAll(owner: LimitedLinkOwner): Promise<number> {
    checkOwner(owner);
    let revoked = 0;
    for (;;) {
      const links = await linksOf(this.dataSource.manager, owner, this.now())
        .andWhere('link.revokedAt IS NULL')
        .limit(MOST_AT_ONCE)
        .getMany();
      if (links.length === 0) return revoked;
      revoked += await this.#revoke(links.map(({ id }) => id));
    }
  }

  async #revoke(ids: readonly string[]): Promise<number> {
    const revoked = await this.store.revoke(ids);
    for (const id of ids) {
      this.tracker.cut(id);
      if (revoked > 0) this.tracker.tell('revoked', id);
    }
    return revoked;
  }

  /**
   * Removes what is kept of uses that are over. The module does it by itself, for those that `keepUses` is
   * over for. Links stay: they are rows of yours.
   */
  cleanUp(): Promise<void> {
    return this.store.removeOver(0);
  }

  /** Begins to remove uses that are over. */
  onApplicationBootstrap(): void {
    const { cleanUpInterval, keepUses } = this.times;
    if (cleanUpInterval === false) return;
    this.#cleaning = setInterval(() => {
      this.store.removeOver(keepUses).catch((error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        this.#logger.warn(`The clean-up has failed: ${quote(text)}`);
      });
    }, cleanUpInterval).unref();
  }

  /** Ends that. */
  onModuleDestroy(): void {
    clearInterval(this.#cleaning);
  }

  /**
   * @param url path and query, as they came
   * @throws InvalidSignatureError
   * @internal
   */
  verify(url: string): void {
    this.signer.verify(url);
  }

  /**
   * What was given back is in the database before the application ends. Where Nest has closed the database
   * before, as it does with that of TypeOrmModule, it has waited for what had a connection; the rest never
   * gets one.
   */
  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.tracker.settled();
    this.#events.complete();
  }
}
