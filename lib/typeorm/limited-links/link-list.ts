import { Brackets, type EntityManager, type SelectQueryBuilder } from 'typeorm';

import {
  type LimitedLinkFilter,
  type LimitedLinkPaging,
} from './limited-link-options.js';
import { LimitedLink, LimitedLinkGrant } from './limited-link.entity.js';

/**
 * Some of the links that were asked for.
 *
 * @publicApi
 */
export interface LimitedLinkList {
  /** The newest first. */
  readonly links: readonly LimitedLink[];
  /** How many there are in all. */
  readonly total: number;
}

/**
 * One use of a limited link, as an administrator sees it.
 *
 * @publicApi
 */
export interface LimitedLinkUse {
  readonly id: string;
  readonly begunAt: Date;
  /** Until when its client may go on; null where the link was revoked. */
  readonly openUntil: Date | null;
  /** Whose it is, as `getClient()` of the controller said: by default address and user agent. */
  readonly client: string | null;
  /** Bytes of the file that were sent for it, or are being sent; for one of unknown size, how often it was. */
  readonly sent: number;
}

/** Whether a link can be used once more. */
const OPEN =
  'link.revokedAt IS NULL AND (link.expiresAt IS NULL OR link.expiresAt > :now) ' +
  'AND (link.maxUses IS NULL OR link.used < link.maxUses)';

/**
 * The links that all of this holds for.
 *
 * @param now milliseconds since 1970
 * @internal
 */
export function linksOf(
  manager: EntityManager,
  { subject, creator, state }: LimitedLinkFilter,
  now: number,
): SelectQueryBuilder<LimitedLink> {
  const query = manager
    .createQueryBuilder(LimitedLink, 'link')
    .where('1 = 1', { subject, creator, now });
  if (subject !== undefined) query.andWhere('link.subject = :subject');
  if (creator !== undefined) query.andWhere('link.creator = :creator');
  if (state === 'open') query.andWhere(new Brackets((one) => one.where(OPEN)));
  if (state === 'over') query.andWhere(`NOT (${OPEN})`);
  return query;
}

/** @internal */
export async function listLinks(
  manager: EntityManager,
  { skip = 0, take = 50, ...filter }: LimitedLinkFilter & LimitedLinkPaging,
  now: number,
): Promise<LimitedLinkList> {
  const [links, total] = await linksOf(manager, filter, now)
    .orderBy('link.createdAt', 'DESC')
    .addOrderBy('link.id', 'ASC')
    .offset(skip)
    .limit(take)
    .getManyAndCount();
  return { links, total };
}

/**
 * The uses of a link, the newest first.
 *
 * @internal
 */
export async function listUses(
  manager: EntityManager,
  linkId: string,
  { skip = 0, take = 50 }: LimitedLinkPaging,
): Promise<LimitedLinkUse[]> {
  const uses = await manager.find(LimitedLinkGrant, {
    where: { linkId },
    order: { createdAt: 'DESC', id: 'ASC' },
    skip,
    take,
  });
  return uses.map(({ id, createdAt, openUntil, clientName, drawn }) => ({
    id,
    begunAt: new Date(createdAt),
    openUntil: openUntil === 0 ? null : new Date(openUntil),
    client: clientName,
    sent: drawn,
  }));
}
