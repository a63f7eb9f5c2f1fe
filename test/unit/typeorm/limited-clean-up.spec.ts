import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { UrlSigner } from 'nestjs-downloadview';
import { LimitedLinkGrant, LimitedLinks } from 'nestjs-downloadview/typeorm';
import { DataSource } from 'typeorm';

import { checkSigning } from '../../../lib/signing/signing-options.js';
import { checkModuleOptions } from '../../../lib/typeorm/limited-links/limited-link-options.js';
import { SIGNING } from '../../support/links/links.js';
import { LIMITED_TABLES } from '../../support/links/limited-store-contract.js';

const DAY = 86_400_000;

describe('what is kept of uses that are over', () => {
  const dataSource = new DataSource({
    type: 'sqljs',
    synchronize: true,
    ...LIMITED_TABLES,
  });
  const grants = dataSource.getRepository(LimitedLinkGrant);
  let links: LimitedLinks;
  beforeAll(() => dataSource.initialize());
  beforeEach(async () => {
    await grants.clear();
    jest.useFakeTimers();
  });
  afterEach(() => {
    links.onModuleDestroy();
    jest.useRealTimers();
  });
  afterAll(() => dataSource.destroy());

  const start = (options: Parameters<typeof checkModuleOptions>[0] = {}) => {
    const signer = new UrlSigner(checkSigning(SIGNING));
    links = new LimitedLinks(dataSource, signer, checkModuleOptions(options));
    links.onApplicationBootstrap();
  };
  const add = (id: string, age: number, openUntil = Date.now() - 1) =>
    grants.insert({
      id,
      linkId: 'link',
      client: null,
      clientName: null,
      createdAt: Date.now() - age,
      openUntil,
      drawn: 0,
      connections: 0,
      leasedUntil: 0,
    });
  const kept = async () =>
    (await grants.find({ order: { id: 'ASC' } })).map(({ id }) => id);

  it('goes after thirty days, by the hour', async () => {
    start();
    await add('new', 29 * DAY);
    await add('old', 30 * DAY);
    await add('open', 60 * DAY, Date.now() + DAY);
    await jest.advanceTimersByTimeAsync(3_599_000);
    expect(await kept()).toEqual(['new', 'old', 'open']);
    await jest.advanceTimersByTimeAsync(1000);
    expect(await kept()).toEqual(['new', 'open']);
    await add('older', 60 * DAY);
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(await kept()).toEqual(['new', 'open']);
  });

  it('goes as the options say', async () => {
    start({ cleanUpInterval: 5, keepUses: 60 });
    await add('new', 30_000);
    await add('old', 60_000);
    await jest.advanceTimersByTimeAsync(5000);
    expect(await kept()).toEqual(['new']);
  });

  it('goes by hand alone where the schedule is off, then at once', async () => {
    start({ cleanUpInterval: false });
    expect(jest.getTimerCount()).toBe(0);
    await add('new', 1);
    await add('open', 1, Date.now() + DAY);
    await links.cleanUp();
    expect(await kept()).toEqual(['open']);
  });

  it('stays where the database is away, until it is back', async () => {
    start({ cleanUpInterval: 5, keepUses: 0 });
    await add('old', DAY);
    const removeOver = links.store.removeOver.bind(links.store);
    links.store.removeOver = () => Promise.reject(new Error('It is away'));
    await jest.advanceTimersByTimeAsync(5000);
    expect(await kept()).toEqual(['old']);
    links.store.removeOver = removeOver;
    await jest.advanceTimersByTimeAsync(5000);
    expect(await kept()).toEqual([]);
  });

  it('is looked after no more when the application ends', () => {
    start();
    expect(jest.getTimerCount()).toBe(1);
    links.onModuleDestroy();
    expect(jest.getTimerCount()).toBe(0);
  });
});
