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
import { Logger } from '@nestjs/common';
import { InvalidOptionsError } from 'nestjs-downloadview';
import {
  DatabaseSlots,
  type DatabaseSlotsOptions,
} from 'nestjs-downloadview/typeorm';
import { DataSource } from 'typeorm';

import {
  SlotLock,
  TakenSlot,
} from '../../../lib/typeorm/download-slot.entity.js';
import { SLOT_TABLES } from '../../support/slots-site.js';

const LEASE = 60_000;

describe('DatabaseSlots in SQLite', () => {
  const dataSource = new DataSource({ type: 'sqljs', ...SLOT_TABLES });
  const rows = dataSource.getRepository(TakenSlot);
  let one: DatabaseSlots;
  let other: DatabaseSlots;

  beforeAll(async () => {
    await dataSource.initialize();
    await dataSource.runMigrations();
  });
  beforeEach(async () => {
    await rows.clear();
    jest.useFakeTimers();
    one = new DatabaseSlots(dataSource);
    other = new DatabaseSlots(dataSource);
  });
  afterEach(() => {
    jest.useRealTimers();
  });
  afterAll(() => dataSource.destroy());

  /** The lease goes on until here where nobody renews it. */
  const endOfProcess = (): void => {
    jest.clearAllTimers();
  };

  it('gives as many slots as there may be, to all who share the database', async () => {
    const first = await one.take('ada', 'a', 2);
    await other.take('ada', 'b', 2);

    expect(await one.take('ada', 'c', 2)).toBeUndefined();
    expect(await other.take('bob', 'c', 2)).toBeDefined();

    await first?.();
    expect(await one.take('ada', 'c', 2)).toBeDefined();
  });

  it('counts equal units once, and has them free when all are given back', async () => {
    const first = await one.take('ada', 'a', 1);
    const second = await other.take('ada', 'a', 1);

    await first?.();
    expect(await one.take('ada', 'b', 1)).toBeUndefined();

    await second?.();
    expect(await one.take('ada', 'b', 1)).toBeDefined();
  });

  it('counts limits of other names by themselves', async () => {
    await one.take('ada', 'a', 1);
    const exports = new DatabaseSlots(dataSource, { name: 'exports' });

    expect(await exports.take('ada', 'b', 1)).toBeDefined();
  });

  it('takes no more than that where many come at once', async () => {
    const taken = await Promise.all(
      Array.from({ length: 20 }, (_, index) => one.take('ada', `${index}`, 3)),
    );

    expect(taken.filter((giveBack) => giveBack)).toHaveLength(3);
    expect(await rows.count()).toBe(3);
  });

  it('goes on counting for as long as its process says so', async () => {
    await one.take('ada', 'a', 1);

    await jest.advanceTimersByTimeAsync(3 * LEASE);

    expect(await other.take('ada', 'b', 1)).toBeUndefined();
  });

  it('is free after the lease where its process is gone, and its row goes', async () => {
    await one.take('ada', 'a', 1);
    endOfProcess();

    jest.setSystemTime(Date.now() + LEASE - 1);
    expect(await other.take('ada', 'b', 1)).toBeUndefined();
    jest.setSystemTime(Date.now() + 1);
    expect(await other.take('ada', 'b', 1)).toBeDefined();

    await jest.advanceTimersByTimeAsync(2 * LEASE);
    expect(await rows.count()).toBe(1);
  });

  it('keeps no rows of keys that nobody asks for any more', async () => {
    await one.take('ada', 'a', 1);
    const locks = dataSource.getRepository(SlotLock);
    const { length } = await locks.find();

    jest.setSystemTime(Date.now() + 3_600_000);
    await one.take('bob', 'b', 1);
    await jest.advanceTimersByTimeAsync(LEASE);

    expect(length).toBeGreaterThan(0);
    expect(await locks.count()).toBe(1);
  });

  it('waits for nothing where no download goes on', async () => {
    const giveBack = await one.take('ada', 'a', 1);
    expect(jest.getTimerCount()).toBe(1);

    await giveBack?.();

    expect(jest.getTimerCount()).toBe(0);
    expect(await rows.count()).toBe(0);
  });

  it('is a line in the log where the database fails while a download goes on', async () => {
    const warn = jest
      .spyOn(Logger.prototype, 'warn')
      .mockImplementation(() => undefined);
    const giveBack = await one.take('ada', 'a', 1);
    const fails = jest
      .spyOn(dataSource.manager, 'delete')
      .mockRejectedValue(new Error('it is gone'));

    await expect(giveBack?.()).resolves.toBeUndefined();

    expect(warn).toHaveBeenCalledWith(expect.stringContaining("'it is gone'"));
    fails.mockRestore();
    warn.mockRestore();
  });

  it.each([
    ['DatabaseSlots.name', { name: '' }],
    ['DatabaseSlots.lease', { lease: 0 }],
    ['DatabaseSlots.timeout', { timeout: 1 }],
  ])('refuses a wrong %s', (option, given) => {
    const options = given as DatabaseSlotsOptions;
    expect(() => new DatabaseSlots(dataSource, options)).toThrow(option);
  });

  it('refuses a DataSource without its entities', async () => {
    const without = await new DataSource({ type: 'sqljs' }).initialize();

    expect(() => new DatabaseSlots(without)).toThrow(InvalidOptionsError);
    await without.destroy();
  });
});
