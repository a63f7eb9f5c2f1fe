import {
  type EntityManager,
  type DataSource,
  In,
  LessThanOrEqual,
} from 'typeorm';

import { Atomically } from '../atomically.js';
import { type Portion, TAKEN, takenParameters, LEASE } from './portion.js';
import { LimitedLinkGrant, LimitedLink } from './limited-link.entity.js';

/**
 * Whose use is looked for: by what is known of it, or by whose it is.
 *
 * @internal
 */
export interface UseSearch {
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
 * The open use that a client shows: by its id first, else the last one of that client.
 *
 * @param now milliseconds since 1970
 * @internal
 */
export async function findOpen(
  manager: EntityManager,
  linkId: string,
  { ids, client }: UseSearch,
  now: number,
): Promise<LimitedLinkGrant | null> {
  const open = (condition: string): Promise<LimitedLinkGrant | null> =>
    manager
      .createQueryBuilder(LimitedLinkGrant, 'use_')
      .where('use_.linkId = :linkId AND use_.openUntil > :now')
      .andWhere(condition, { linkId, now, ids, client })
      .orderBy('use_.createdAt', 'DESC')
      .limit(1)
      .getOne();
  const shown = ids.length > 0 ? await open('use_.id IN (:...ids)') : null;
  if (shown || client === null) return shown;
  return open('use_.client = :client');
}

/**
 * A use that is to be begun.
 *
 * @internal
 */
export type NewUse = Pick<
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
   * Counts a use and begins it.
   *
   * @param portion what the first answer takes, where there is one at once
   * @param unlessOpen whose open use would make a new one needless
   * @returns false where the link has no use left, or there is such a use
   */
  begin(
    use: NewUse,
    portion?: Portion,
    unlessOpen?: UseSearch,
  ): Promise<boolean> {
    const now = this.now();
    const { linkId } = use;
    return this.#atomically.run(async (manager, onFailure) => {
      // The row is locked from here on: whoever wants the same use waits.
      if (!(await countUse(manager, linkId, now))) return false;
      onFailure(() => takeUseBack(manager, linkId));
      if (unlessOpen && (await findOpen(manager, linkId, unlessOpen, now))) {
        return false;
      }
      await manager.insert(LimitedLinkGrant, {
        ...use,
        createdAt: now,
        drawn: portion?.amount ?? 0,
        connections: portion ? 1 : 0,
        leasedUntil: portion ? now + LEASE : 0,
      });
      return true;
    });
  }

  /** Takes back a use of which nobody has had anything but the portion that is given. */
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

  /** @returns false where the use is over, has had enough, or too often at once */
  async take(id: string, portion: Portion): Promise<boolean> {
    const { affected } = await this.dataSource.manager
      .createQueryBuilder()
      .update(LimitedLinkGrant)
      .set(TAKEN.set)
      .where(TAKEN.where)
      .setParameters(takenParameters(id, portion, this.now()))
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

  /** A use that is open. */
  async findUse(id: string, linkId: string): Promise<LimitedLinkGrant | null> {
    const search = { ids: [id], client: null };
    return findOpen(this.dataSource.manager, linkId, search, this.now());
  }

  /** Whether there is such a use, open or not, of whatever link. */
  hasUse(id: string): Promise<boolean> {
    return this.dataSource.manager.existsBy(LimitedLinkGrant, { id });
  }

  /** The open use that a client shows: by its id first, else the last one of that client. */
  findOpen(
    linkId: string,
    search: UseSearch,
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
    // After the link, whose row a use that is being counted holds: it is seen here, too.
    const uses = { linkId: In(ids) };
    await manager.update(LimitedLinkGrant, uses, { openUntil: 0 });
    return affected ?? 0;
  }

  /**
   * Uses that have ended; what still runs may end by itself.
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

  /** The answers of these uses are still being sent. */
  async renewLeases(ids: readonly string[]): Promise<void> {
    await this.dataSource.manager
      .createQueryBuilder()
      .update(LimitedLinkGrant)
      .set({ leasedUntil: this.now() + LEASE })
      .where('id IN (:...ids)', { ids })
      .execute();
  }
}
