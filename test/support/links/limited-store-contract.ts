import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  LimitedLink,
  limitedLinkEntities,
  limitedLinkMigrations,
  LimitedLinkGrant,
} from 'nestjs-downloadview/typeorm';
import { type DataSource } from 'typeorm';

import {
  portionOf,
  LEASE,
} from '../../../lib/typeorm/limited-links/portion.js';
import { listLinks } from '../../../lib/typeorm/limited-links/link-list.js';
import { LinkStore } from '../../../lib/typeorm/limited-links/link-store.js';

const NOW = 1_800_000_000_000;
const SIZE = 1000;
const HOUR = 3_600_000;

/** What the DataSource of a test needs besides the database. */
export const LIMITED_TABLES = {
  entities: limitedLinkEntities,
  migrations: limitedLinkMigrations,
  logging: false,
};

/** What limited links promise on every database. The tables are made by the migration. */
export function limitedStoreContract(open: () => Promise<DataSource>): void {
  let dataSource: DataSource;
  let store: LinkStore;
  let now: number;
  let ids = 0;

  beforeAll(async () => {
    dataSource = await open();
    await dataSource.runMigrations();
  });
  beforeEach(() => {
    now = NOW;
    store = new LinkStore(dataSource, () => now);
  });

  const addLink = async (terms: Partial<LimitedLink> = {}): Promise<string> => {
    const id = `link-${(ids += 1)}`;
    await dataSource.manager.insert(LimitedLink, {
      id,
      subject: 'a document',
      basename: null,
      maxUses: 1,
      used: 0,
      createdAt: new Date(NOW),
      expiresAt: null,
      revokedAt: null,
      ...terms,
    });
    return id;
  };
  const grantFor = (linkId: string, client: string | null = null) => ({
    id: `grant-${(ids += 1)}`,
    linkId,
    client,
    clientName: client,
    openUntil: NOW + HOUR,
  });
  const usedOf = async (id: string) => (await store.find(id))?.used;
  const grantsOf = (linkId: string) =>
    dataSource.manager.findBy(LimitedLinkGrant, { linkId });
  const whole = portionOf(SIZE, SIZE);
  const part = portionOf(SIZE / 10, SIZE);

  describe('the migrations', () => {
    const changes = async () => {
      const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
      return upQueries.map(({ query }) => query);
    };

    it('bring tables of the first version up to date, and keep what is in them', async () => {
      await addLink({ subject: 'old', used: 1 });
      const [{ id }] = await dataSource.manager.findBy(LimitedLink, {
        subject: 'old',
      });
      // As the first version has left them.
      await dataSource.undoLastMigration();
      expect(await changes()).not.toEqual([]);
      const rows: unknown = await dataSource.query(
        'SELECT id, used FROM limited_link',
      );
      expect(rows).toEqual([{ id, used: 1 }]);
      await dataSource.runMigrations();
      expect(await changes()).toEqual([]);
      expect(await store.find(id)).toMatchObject({
        subject: 'old',
        used: 1,
        creator: null,
        note: null,
      });
    });

    it('leave nothing to change, and take all back', async () => {
      expect(await changes()).toEqual([]);
      await dataSource.undoLastMigration();
      await dataSource.undoLastMigration();
      const runner = dataSource.createQueryRunner();
      expect(await runner.hasTable('limited_link')).toBe(false);
      expect(await runner.hasTable('limited_link_grant')).toBe(false);
      await runner.release();
      await dataSource.runMigrations();
    });
  });

  describe('a use', () => {
    it.each([1, 3])(
      'is counted %d times at once, and no more',
      async (maxUses) => {
        const id = await addLink({ maxUses });
        const begun = await Promise.all(
          Array.from({ length: 20 }, () => store.begin(grantFor(id), whole)),
        );
        expect(begun.filter(Boolean)).toHaveLength(maxUses);
        expect(await usedOf(id)).toBe(maxUses);
        expect(await grantsOf(id)).toHaveLength(maxUses);
      },
    );

    it('is counted for ever where nothing limits it', async () => {
      const id = await addLink({ maxUses: null });
      for (let use = 1; use <= 3; use += 1) {
        expect(await store.begin(grantFor(id))).toBe(true);
        expect(await usedOf(id)).toBe(use);
      }
    });

    it.each([
      ['expired', { expiresAt: new Date(NOW) }],
      ['was revoked', { revokedAt: new Date(NOW - 1) }],
      ['is used up', { used: 1 }],
    ])('is none where the link %s', async (_, terms) => {
      const id = await addLink({ maxUses: 1, ...terms });
      expect(await store.begin(grantFor(id))).toBe(false);
      expect(await grantsOf(id)).toEqual([]);
    });

    it('is not counted where it cannot be kept', async () => {
      const id = await addLink({ maxUses: 2 });
      const grant = grantFor(id);
      await store.begin(grant);
      await expect(store.begin(grant)).rejects.toThrow();
      expect(await usedOf(id)).toBe(1);
    });

    it('is one for all requests of a client that come at once', async () => {
      const id = await addLink({ maxUses: 5 });
      const search = { ids: [], client: 'me' };
      const begun = await Promise.all(
        Array.from({ length: 5 }, () =>
          store.begin(grantFor(id, 'me'), part, search),
        ),
      );
      expect(begun.filter(Boolean)).toHaveLength(1);
      expect(await usedOf(id)).toBe(1);
    });

    it('is taken back as long as nobody else has had anything of it', async () => {
      const id = await addLink();
      const grant = grantFor(id);
      await store.begin(grant, part);
      expect(await store.undo(grant.id, id, part.amount)).toBe(true);
      expect([await usedOf(id), await grantsOf(id)]).toEqual([0, []]);
      await store.begin(grant, part);
      await store.take(grant.id, part);
      expect(await store.undo(grant.id, id, part.amount)).toBe(false);
      expect(await usedOf(id)).toBe(1);
    });
  });

  describe('a use that has begun', () => {
    const begin = async (portion = part) => {
      const linkId = await addLink();
      const grant = grantFor(linkId, 'me');
      await store.begin(grant, portion);
      return grant;
    };

    it('gives a small file eight times, and not a byte more', async () => {
      const { id } = await begin(whole);
      for (let again = 1; again <= 7; again += 1) {
        expect(await store.take(id, whole)).toBe(true);
      }
      expect(await store.take(id, portionOf(1, SIZE))).toBe(false);
      await store.release(id, 1);
      expect(await store.take(id, portionOf(1, SIZE))).toBe(true);
    });

    it('gives twice the size of a large file, and what may be lost on the way', async () => {
      const size = 1_000_000_000;
      const { id } = await begin(portionOf(size, size));
      expect(await store.take(id, portionOf(size, size))).toBe(true);
      const lost = portionOf(16 * 1024 * 1024, size);
      for (let times = 1; times <= 6; times += 1) {
        expect(await store.take(id, lost)).toBe(true);
      }
      expect(await store.take(id, portionOf(1, size))).toBe(false);
    });

    it('gives a file of unknown size eight times', async () => {
      const unknown = portionOf(undefined, undefined);
      const { id } = await begin(unknown);
      for (let again = 1; again <= 7; again += 1) {
        expect(await store.take(id, unknown)).toBe(true);
      }
      expect(await store.take(id, unknown)).toBe(false);
    });

    it('has 16 answers at once, over all that ask', async () => {
      const tiny = portionOf(1, SIZE);
      const { id } = await begin(tiny);
      const drawn = await Promise.all(
        Array.from({ length: 20 }, () => store.take(id, tiny)),
      );
      expect(drawn.filter(Boolean)).toHaveLength(15);
      await store.release(id, 0);
      expect(await store.take(id, tiny)).toBe(true);
      expect(await store.take(id, tiny)).toBe(false);
    });

    it('forgets the answers of a process that says nothing any more', async () => {
      const tiny = portionOf(1, SIZE);
      const { id, linkId } = await begin(tiny);
      for (let other = 1; other < 16; other += 1) await store.take(id, tiny);
      now += LEASE - 1;
      expect(await store.take(id, tiny)).toBe(false);
      await store.renewLeases([id]);
      now += LEASE - 1;
      expect(await store.take(id, tiny)).toBe(false);
      now += 1;
      expect(await store.take(id, tiny)).toBe(true);
      const [grant] = await grantsOf(linkId);
      expect(grant?.connections).toBe(1);
    });

    it('ends with its time, and with the link', async () => {
      const { id } = await begin();
      const other = await begin();
      await store.revoke([other.linkId]);
      expect(await store.take(other.id, part)).toBe(false);
      expect(await store.findUse(other.id, other.linkId)).toBeNull();
      now += HOUR;
      expect(await store.take(id, part)).toBe(false);
    });

    it('is found by its id, else as the last one of the client', async () => {
      const linkId = await addLink({ maxUses: null });
      const find = async (shown: string[], client: string | null) =>
        (await store.findOpen(linkId, { ids: shown, client }))?.id;
      const first = grantFor(linkId, 'me');
      const last = grantFor(linkId, 'me');
      await store.begin(first);
      now += 1;
      await store.begin(last);
      const other = await begin();
      expect(await find([first.id], null)).toBe(first.id);
      expect(await find(['unknown'], 'me')).toBe(last.id);
      expect(await find([], 'you')).toBeUndefined();
      expect(await find([], null)).toBeUndefined();
      expect(await find([other.id], null)).toBeUndefined();
    });

    it('goes when it is over', async () => {
      const { linkId } = await begin();
      now += HOUR - 1;
      await store.removeOver(HOUR);
      expect(await grantsOf(linkId)).toHaveLength(1);
      now += 1;
      await store.removeOver(HOUR + 1);
      expect(await grantsOf(linkId)).toHaveLength(1);
      await store.removeOver(HOUR);
      expect(await grantsOf(linkId)).toEqual([]);
    });
  });

  it('revoking is told once, and to those that ask', async () => {
    const id = await addLink();
    expect(await store.revokedAmong([id])).toEqual([]);
    expect(await store.revoke([id, 'unknown'])).toBe(1);
    expect(await store.revoke([id])).toBe(0);
    expect(await store.revoke(['unknown'])).toBe(0);
    expect(await store.revokedAmong([id, 'unknown'])).toEqual([id]);
    expect((await store.find(id))?.revokedAt).toEqual(new Date(NOW));
  });

  describe('the list', () => {
    const list = async (filter: Parameters<typeof listLinks>[1]) => {
      const { links, total } = await listLinks(dataSource.manager, filter, now);
      return { subjects: links.map(({ subject }) => subject), total };
    };

    beforeAll(async () => {
      const at = (minutes: number) => ({
        createdAt: new Date(NOW + minutes * 60_000),
        creator: 'lister',
      });
      await addLink({ subject: 'open', ...at(1) });
      await addLink({ subject: 'unlimited', maxUses: null, used: 9, ...at(2) });
      await addLink({ subject: 'used-up', used: 1, ...at(3) });
      await addLink({ subject: 'revoked', revokedAt: new Date(NOW), ...at(4) });
      await addLink({ subject: 'expired', expiresAt: new Date(NOW), ...at(5) });
      const later = new Date(NOW + 1);
      await addLink({ subject: 'expiring', expiresAt: later, ...at(6) });
      await addLink({ subject: 'open', creator: 'other' });
    });

    it('is those of a creator and a subject, the newest first', async () => {
      expect(await list({ creator: 'lister' })).toEqual({
        subjects: [
          'expiring',
          'expired',
          'revoked',
          'used-up',
          'unlimited',
          'open',
        ],
        total: 6,
      });
      const both = { creator: 'lister', subject: 'open' };
      expect(await list(both)).toEqual({ subjects: ['open'], total: 1 });
      expect(await list({ creator: 'nobody' })).toEqual({
        subjects: [],
        total: 0,
      });
    });

    it('is those that can be used, or those that cannot', async () => {
      const creator = 'lister';
      expect(await list({ creator, state: 'open' })).toEqual({
        subjects: ['expiring', 'unlimited', 'open'],
        total: 3,
      });
      expect(await list({ creator, state: 'over' })).toEqual({
        subjects: ['expired', 'revoked', 'used-up'],
        total: 3,
      });
    });

    it('comes in parts', async () => {
      const part = { creator: 'lister', skip: 1, take: 2 };
      expect(await list(part)).toEqual({
        subjects: ['expired', 'revoked'],
        total: 6,
      });
    });
  });
}
