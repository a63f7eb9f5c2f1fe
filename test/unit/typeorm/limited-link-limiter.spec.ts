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
  LinkLimiter,
  type RequestedUse,
  RunningTransfers,
} from '../../../lib/typeorm/limited-links/link-limiter.js';
import { LinkStore } from '../../../lib/typeorm/limited-links/link-store.js';
import { LIMITED_TABLES } from '../../support/links/limited-store-contract.js';

const SIZE = 1000;

describe('the limiter of a link', () => {
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
  const request = (client = 'me', isRange = true): RequestedUse => ({
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
  const acquire = (given: RequestedUse, length = SIZE / 10) => {
    const limiter = new LinkLimiter(given, {
      store,
      running,
      later: (work) => begun.push(work),
      tell: (type) => told.push(type),
    });
    const etag = `"${given.useId ?? given.fresh?.id}.tag"`;
    return limiter.acquire({ length, size: SIZE, etag, cut: () => undefined });
  };
  const settled = () => Promise.all(begun.splice(0));

  it('lets requests that have looked at the same time go on with one use', async () => {
    const requests = [request(), request(), request()];
    const [first, ...others] = await Promise.all(
      requests.map((one) => acquire(one)),
    );
    const id = requests[0].fresh?.id;
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
    await acquire(request('me', false));
    await acquire(request('me', false));
    expect(await used()).toBe(2);
    await expect(acquire(request('me', false))).rejects.toThrow(
      InvalidSignatureError,
    );
  });

  it('begins another use where one has been used enough', async () => {
    const one = request();
    const useId = one.fresh?.id;
    const shown = { useId, isShown: true };
    for (let times = 1; times <= 8; times += 1) {
      const answer = await acquire(
        times === 1 ? one : { ...request(), ...shown },
        SIZE,
      );
      answer.over({ hasBegun: true, unsent: 0 });
      await settled();
    }
    const another = request();
    const { headers } = await acquire({ ...another, ...shown }, SIZE);
    expect(headers?.ETag).toBe(`"${another.fresh?.id}.tag"`);
    expect(await used()).toBe(2);
    await expect(acquire({ ...request('you'), useId })).rejects.toThrow(
      InvalidSignatureError,
    );
  });

  it('puts off what may be had when something else is over', async () => {
    const one = request();
    const again = { useId: one.fresh?.id, isShown: true };
    const answer = await acquire(one, SIZE);
    for (let times = 2; times <= 8; times += 1) {
      await acquire({ ...request(), ...again }, SIZE);
    }
    await expect(acquire({ ...request(), ...again }, 1)).rejects.toThrow(
      ServiceUnavailableException,
    );
    answer.over({ hasBegun: true, unsent: 1 });
    await settled();
    await acquire({ ...request(), ...again }, 1);
    expect(await used()).toBe(1);
  });

  it('takes the whole file for a new use where a client shows nothing but its address', async () => {
    const one = request();
    await acquire(one);
    const { id: useId } = one.fresh ?? {};
    const other = request();
    const { headers } = await acquire({ ...other, useId }, SIZE);
    expect(headers?.ETag).toBe(`"${other.fresh?.id}.tag"`);
    expect(await used()).toBe(2);
    await expect(acquire({ ...request(), useId }, SIZE)).rejects.toThrow(
      InvalidSignatureError,
    );
  });

  it('takes back what has not begun', async () => {
    const answer = await acquire(request());
    answer.over({ hasBegun: false, unsent: 0 });
    await settled();
    expect([await used(), await grants()]).toEqual([0, []]);
    expect(told).toEqual(['used', 'taken-back']);
  });

  it('keeps the use of which others have had something', async () => {
    const one = request();
    const first = await acquire(one);
    await acquire({ ...request(), useId: one.fresh?.id });
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
    await expect(acquire({ ...request(), headers })).rejects.toThrow(
      ServiceUnavailableException,
    );
    expect(await used()).toBe(0);
  });
});
