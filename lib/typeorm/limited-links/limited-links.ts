import { type OnApplicationShutdown } from '@nestjs/common';
import { type DataSource } from 'typeorm';

import { LONGEST } from '../../signing/signing-options.js';
import { type UrlSigner } from '../../signing/url-signer.js';
import { isId, randomId } from './client-marks.js';
import {
  checkLimitedLinkOptions,
  type LimitedLinkOptions,
  type LimitedLinkTimes,
} from './limited-link-options.js';
import { LimitedLink } from './limited-link.entity.js';
import { LinkStore } from './link-store.js';
import { LinkUses } from './link-uses.js';

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
  /** @internal */
  readonly uses: LinkUses;

  /**
   * Inject it: LimitedLinksModule makes it.
   *
   * @param now milliseconds since 1970
   * @internal
   */
  constructor(
    private readonly dataSource: DataSource,
    private readonly signer: UrlSigner,
    times: LimitedLinkTimes,
    private readonly now: () => number = () => Date.now(),
  ) {
    signer.requireSigning('LimitedLinks');
    this.store = new LinkStore(dataSource, now);
    this.uses = new LinkUses(this.store, times, now);
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
    this.uses.cut(id);
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
    if (this.dataSource.isInitialized) await this.uses.settled();
  }
}
