import { type EntityManager } from 'typeorm';

import { LimitedLinkGrant } from './limited-link-grant.entity.js';
import { LimitedLink } from './limited-link.entity.js';

/**
 * Whose grant is looked for: by what is known of it, or by whose it is.
 *
 * @internal
 */
export interface GrantSearch {
  readonly ids: readonly string[];
  readonly client: string | null;
}

// Columns are named as they are in the database: lower case needs no quotes on any.
const USABLE =
  'id = :id AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now) ' +
  'AND (max_uses IS NULL OR used < max_uses)';

/**
 * Counts a use, if one is left. Its row is locked until the transaction ends.
 *
 * @param now milliseconds since 1970
 * @internal
 */
export async function countUse(
  manager: EntityManager,
  id: string,
  now: number,
): Promise<boolean> {
  const { affected } = await manager
    .createQueryBuilder()
    .update(LimitedLink)
    .set({ used: () => 'used + 1' })
    .where(USABLE)
    .setParameters({ id, now })
    .execute();
  return affected === 1;
}

/** @internal */
export async function takeUseBack(
  manager: EntityManager,
  id: string,
): Promise<void> {
  await manager
    .createQueryBuilder()
    .update(LimitedLink)
    .set({ used: () => 'used - 1' })
    .where('id = :id AND used > 0')
    .setParameters({ id })
    .execute();
}

/**
 * The open grant that a client shows: by its id first, else the last one of that client.
 *
 * @param now milliseconds since 1970
 * @internal
 */
export async function findOpen(
  manager: EntityManager,
  linkId: string,
  { ids, client }: GrantSearch,
  now: number,
): Promise<LimitedLinkGrant | null> {
  const open = (condition: string): Promise<LimitedLinkGrant | null> =>
    manager
      .createQueryBuilder(LimitedLinkGrant, 'grant_')
      .where('grant_.linkId = :linkId AND grant_.openUntil > :now')
      .andWhere(condition, { linkId, now, ids, client })
      .orderBy('grant_.createdAt', 'DESC')
      .limit(1)
      .getOne();
  const shown = ids.length > 0 ? await open('grant_.id IN (:...ids)') : null;
  if (shown || client === null) return shown;
  return open('grant_.client = :client');
}
