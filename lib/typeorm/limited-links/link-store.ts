import {
  type EntityManager,
  type DataSource,
  In,
  LessThanOrEqual,
} from 'typeorm';

import { Atomically } from './atomically.js';
import { type Draw, DRAW, drawParameters, LEASE } from './grant-draws.js';
import { LimitedLinkGrant, LimitedLink } from './limited-link.entity.js';

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

/**
 * A grant that is to be begun.
 *
 * @internal
 */
export type NewGrant = Pick<
  LimitedLinkGrant,
  'id' | 'linkId' | 'client' | 'clientName' | 'openUntil'
>;

/**
 * Limited links in the database. Every change is a single conditional statement, or several in one
 * transaction: other processes make theirs.
 *
 * @internal
 */
export class LinkStore {
  readonly #atomically: Atomically;

  constructor(
    private readonly dataSource: DataSource,
    private readonly now: () => number,
  ) {
    this.#atomically = new Atomically(dataSource);
  }

  /**
   * Counts a use and begins its grant.
   *
   * @param draw what the first answer takes, where there is one at once
   * @param unlessOpen whose open grant would make a new one needless
   * @returns false where the link has no use left, or there is such a grant
   */
  begin(
    grant: NewGrant,
    draw?: Draw,
    unlessOpen?: GrantSearch,
  ): Promise<boolean> {
    const now = this.now();
    const { linkId } = grant;
    return this.#atomically.run(async (manager, onFailure) => {
      // The row is locked from here on: whoever wants the same use waits.
      if (!(await countUse(manager, linkId, now))) return false;
      onFailure(() => takeUseBack(manager, linkId));
      if (unlessOpen && (await findOpen(manager, linkId, unlessOpen, now))) {
        return false;
      }
      await manager.insert(LimitedLinkGrant, {
        ...grant,
        createdAt: now,
        drawn: draw?.amount ?? 0,
        connections: draw ? 1 : 0,
        leasedUntil: draw ? now + LEASE : 0,
      });
      return true;
    });
  }

  /** Takes back a use of which nobody has had anything but the draw that is given. */
  undo(id: string, linkId: string, amount = 0): Promise<boolean> {
    return this.#atomically.run(async (manager) => {
      const { affected } = await manager
        .createQueryBuilder()
        .delete()
        .from(LimitedLinkGrant)
        .where('id = :id AND drawn = :amount AND connections <= 1')
        .setParameters({ id, amount })
        .execute();
      if (affected !== 1) return false;
      await takeUseBack(manager, linkId);
      return true;
    });
  }

  /** @returns false where the grant is over, has been drawn on enough, or too often at once */
  async draw(id: string, draw: Draw): Promise<boolean> {
    const { affected } = await this.dataSource.manager
      .createQueryBuilder()
      .update(LimitedLinkGrant)
      .set(DRAW.set)
      .where(DRAW.where)
      .setParameters(drawParameters(id, draw, this.now()))
      .execute();
    return affected === 1;
  }

  /** An answer is over. @param amount what it has not taken after all */
  async release(id: string, amount: number): Promise<void> {
    await this.dataSource.manager
      .createQueryBuilder()
      .update(LimitedLinkGrant)
      .set({
        drawn: () => 'drawn - :amount',
        connections: () =>
          'CASE WHEN connections > 0 THEN connections - 1 ELSE 0 END',
      })
      .where('id = :id')
      .setParameters({ id, amount })
      .execute();
  }

  find(id: string): Promise<LimitedLink | null> {
    return this.dataSource.manager.findOneBy(LimitedLink, { id });
  }

  /** A grant that is open. */
  async findGrant(
    id: string,
    linkId: string,
  ): Promise<LimitedLinkGrant | null> {
    const search = { ids: [id], client: null };
    return findOpen(this.dataSource.manager, linkId, search, this.now());
  }

  /** Whether there is such a grant, open or not, of whatever link. */
  hasGrant(id: string): Promise<boolean> {
    return this.dataSource.manager.existsBy(LimitedLinkGrant, { id });
  }

  /** The open grant that a client shows: by its id first, else the last one of that client. */
  findOpen(
    linkId: string,
    search: GrantSearch,
  ): Promise<LimitedLinkGrant | null> {
    return findOpen(this.dataSource.manager, linkId, search, this.now());
  }

  /** @returns how many of these links there are that were not revoked before */
  async revoke(ids: readonly string[]): Promise<number> {
    const { manager } = this.dataSource;
    const now = this.now();
    const { affected } = await manager
      .createQueryBuilder()
      .update(LimitedLink)
      .set({ revokedAt: new Date(now) })
      .where('id IN (:...ids) AND revoked_at IS NULL')
      .setParameters({ ids })
      .execute();
    // After the link, whose row a use that is being counted holds: its grant is seen here, too.
    const grants = { linkId: In(ids) };
    await manager.update(LimitedLinkGrant, grants, { openUntil: 0 });
    return affected ?? 0;
  }

  /**
   * Grants that have ended; what still runs may end by itself.
   *
   * @param age milliseconds since they began that they are kept in any case
   */
  async removeOver(age: number): Promise<void> {
    const now = this.now();
    await this.dataSource.manager.delete(LimitedLinkGrant, {
      createdAt: LessThanOrEqual(now - age),
      openUntil: LessThanOrEqual(now),
      leasedUntil: LessThanOrEqual(now),
    });
  }

  /** Those of these links that were revoked. */
  async revokedAmong(ids: readonly string[]): Promise<string[]> {
    const revoked = await this.dataSource.manager
      .createQueryBuilder(LimitedLink, 'link')
      .where('link.id IN (:...ids) AND link.revokedAt IS NOT NULL', { ids })
      .getMany();
    return revoked.map(({ id }) => id);
  }

  /** The answers of these grants are still being sent. */
  async renewLeases(ids: readonly string[]): Promise<void> {
    await this.dataSource.manager
      .createQueryBuilder()
      .update(LimitedLinkGrant)
      .set({ leasedUntil: this.now() + LEASE })
      .where('id IN (:...ids)', { ids })
      .execute();
  }
}
