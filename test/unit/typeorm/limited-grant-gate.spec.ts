import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { ServiceUnavailableException } from '@nestjs/common';
import { InvalidSignatureError } from 'nestjs-downloadview';
import { LimitedLink, LimitedLinkGrant } from 'nestjs-downloadview/typeorm';
import { DataSource } from 'typeorm';

import { randomId } from '../../../lib/typeorm/limited-links/client-marks.js';
import {
  GrantGate,
  type LinkVisit,
  RunningTransfers,
} from '../../../lib/typeorm/limited-links/grant-gate.js';
import { LinkStore } from '../../../lib/typeorm/limited-links/link-store.js';
import { LIMITED_TABLES } from '../../support/limited-store-contract.js';

const SIZE = 1000;

describe('the gate of a limited link', () => {
  const dataSource = new DataSource({
    type: 'sqljs',
    synchronize: true,
    ...LIMITED_TABLES,
  });
  const store = new LinkStore(dataSource, () => Date.now());
  const running = new RunningTransfers(1000, () => Promise.resolve());
  const begun: Promise<unknown>[] = [];
  const told: string[] = [];
  let linkId: string;
  beforeAll(() => dataSource.initialize());
  beforeEach(async () => {
    told.length = 0;
    linkId = randomId();
    await dataSource.manager.insert(LimitedLink, {
      id: linkId,
      subject: 'a document',
      maxUses: 2,
      used: 0,
      createdAt: new Date(),
    });
  });
  afterAll(() => dataSource.destroy());

  const used = async () => (await store.find(linkId))?.used;
  const grants = () => dataSource.manager.findBy(LimitedLinkGrant, { linkId });
  /** A request as it is when it has looked for a grant, and found none. */
  const visit = (client = 'me', isRange = true): LinkVisit => ({
    linkId,
    headers: {},
    fresh: {
      id: randomId(),
      linkId,
      client,
      clientName: client,
      openUntil: Date.now() + 60_000,
    },
    search: isRange ? { ids: [], client } : undefined,
    cookie: `grant of ${client}`,
  });
  const admit = (given: LinkVisit, length = SIZE / 10) => {
    const gate = new GrantGate(given, {
      store,
      running,
      later: (work) => begun.push(work),
      tell: (type) => told.push(type),
    });
    const etag = `"${given.grantId ?? given.fresh?.id}.tag"`;
    return gate.admit({ length, size: SIZE, etag, cut: () => undefined });
  };
  const settled = () => Promise.all(begun.splice(0));

  it('lets requests that have looked at the same time go on with one grant', async () => {
    const visits = [visit(), visit(), visit()];
    const [first, ...others] = await Promise.all(
      visits.map((one) => admit(one)),
    );
    const id = visits[0].fresh?.id;
    expect(first?.headers).toEqual({
      ETag: `"${id}.tag"`,
      'Set-Cookie': 'grant of me',
    });
    for (const { headers } of others) {
      expect(headers).toEqual({ ETag: `"${id}.tag"` });
    }
    expect(await used()).toBe(1);
  });

  it('begins a use for each request without a range', async () => {
    await admit(visit('me', false));
    await admit(visit('me', false));
    expect(await used()).toBe(2);
    await expect(admit(visit('me', false))).rejects.toThrow(
      InvalidSignatureError,
    );
  });

  it('begins another use where one has been used enough', async () => {
    const one = visit();
    const grantId = one.fresh?.id;
    const shown = { grantId, isShown: true };
    for (let times = 1; times <= 8; times += 1) {
      const answer = await admit(
        times === 1 ? one : { ...visit(), ...shown },
        SIZE,
      );
      answer.over({ hasBegun: true, unsent: 0 });
      await settled();
    }
    const another = visit();
    const { headers } = await admit({ ...another, ...shown }, SIZE);
    expect(headers?.ETag).toBe(`"${another.fresh?.id}.tag"`);
    expect(await used()).toBe(2);
    await expect(admit({ ...visit('you'), grantId })).rejects.toThrow(
      InvalidSignatureError,
    );
  });

  it('puts off what may be had when something else is over', async () => {
    const one = visit();
    const again = { grantId: one.fresh?.id, isShown: true };
    const answer = await admit(one, SIZE);
    for (let times = 2; times <= 8; times += 1) {
      await admit({ ...visit(), ...again }, SIZE);
    }
    await expect(admit({ ...visit(), ...again }, 1)).rejects.toThrow(
      ServiceUnavailableException,
    );
    answer.over({ hasBegun: true, unsent: 1 });
    await settled();
    await admit({ ...visit(), ...again }, 1);
    expect(await used()).toBe(1);
  });

  it('takes the whole file for a new use where a client shows nothing but its address', async () => {
    const one = visit();
    await admit(one);
    const { id: grantId } = one.fresh ?? {};
    const other = visit();
    const { headers } = await admit({ ...other, grantId }, SIZE);
    expect(headers?.ETag).toBe(`"${other.fresh?.id}.tag"`);
    expect(await used()).toBe(2);
    await expect(admit({ ...visit(), grantId }, SIZE)).rejects.toThrow(
      InvalidSignatureError,
    );
  });

  it('takes back what has not begun', async () => {
    const answer = await admit(visit());
    answer.over({ hasBegun: false, unsent: 0 });
    await settled();
    expect([await used(), await grants()]).toEqual([0, []]);
    expect(told).toEqual(['used', 'taken-back']);
  });

  it('keeps the use of which others have had something', async () => {
    const one = visit();
    const first = await admit(one);
    await admit({ ...visit(), grantId: one.fresh?.id });
    first.over({ hasBegun: false, unsent: 0 });
    await settled();
    const [grant] = await grants();
    expect([await used(), grant?.drawn, grant?.connections]).toEqual([
      1,
      SIZE / 10,
      1,
    ]);
  });

  it('counts nothing for a browser that guesses', async () => {
    const headers = { 'sec-purpose': 'prefetch' };
    await expect(admit({ ...visit(), headers })).rejects.toThrow(
      ServiceUnavailableException,
    );
    expect(await used()).toBe(0);
  });
});
