import { createHash, randomUUID } from 'node:crypto';

import { Logger } from '@nestjs/common';
import { type DataSource, type EntityManager, LessThanOrEqual } from 'typeorm';

import {
  checkOptions,
  type OptionChecks,
  wholeNumber,
} from '../errors/check-options.js';
import { InvalidOptionsError, quote } from '../errors/download-errors.js';
import { type DownloadSlots } from '../responses/concurrent-options.js';
import { Atomically } from './atomically.js';
import {
  downloadSlotEntities,
  SlotLock,
  TakenSlot,
} from './download-slot.entity.js';

/** Renewals of a lease: two may fail. */
const RENEWALS = 3;
/** Milliseconds that the row of a key stays without need: it is locked, and made anew where it is missing. */
const KEEP_LOCKS = 3_600_000;
const DEFAULT_LEASE = 60;

/**
 * Options of DatabaseSlots.
 *
 * @publicApi
 */
export interface DatabaseSlotsOptions {
  /** The limit that is counted: limits of one name are one limit. `default` by default. */
  readonly name?: string;
  /** Seconds after which the slots of a process that was killed are free; 60 by default. */
  readonly lease?: number;
}

const CHECKS: OptionChecks<DatabaseSlotsOptions> = {
  name: [
    (value) => typeof value === 'string' && value !== '',
    "Give the limit a name: 'exports'.",
  ],
  lease: wholeNumber(1, 'Give whole seconds, 1 or more.'),
};

/**
 * Counts downloads that go on at once over all processes that share a database. Each is a row, which its process
 * renews while the answer goes on and removes when it is over.
 *
 * ```ts
 * DownloadModule.forRootAsync({
 *   inject: [DataSource],
 *   useFactory: (dataSource: DataSource) => ({
 *     concurrent: { max: 3, by: (request) => request.ip ?? '', slots: new DatabaseSlots(dataSource) },
 *   }),
 * })
 * ```
 *
 * The DataSource needs `downloadSlotEntities` and, for the tables, `downloadSlotMigrations`. The clocks of the
 * processes have to agree to within a part of the lease.
 *
 * @publicApi
 */
export class DatabaseSlots implements DownloadSlots {
  readonly #logger = new Logger('DatabaseSlots');
  readonly #atomically: Atomically;
  readonly #ownerId = randomUUID();
  readonly #name: string;
  readonly #lease: number;
  readonly #taken = new Set<string>();
  #timer?: NodeJS.Timeout;

  /** @throws InvalidOptionsError for an option that is wrong, and a DataSource without `downloadSlotEntities` */
  constructor(
    private readonly dataSource: DataSource,
    options: DatabaseSlotsOptions = {},
  ) {
    checkOptions('DatabaseSlots', options, CHECKS, {
      example: "{ name: 'exports' }",
    });
    requireEntities(dataSource);
    this.#atomically = new Atomically(dataSource);
    this.#name = options.name ?? 'default';
    this.#lease = (options.lease ?? DEFAULT_LEASE) * 1000;
  }

  /**
   * Takes a slot, where one is free in all processes.
   *
   * @throws what the database throws
   */
  async take(
    key: string,
    unit: string,
    max: number,
  ): Promise<(() => Promise<void>) | undefined> {
    const now = Date.now();
    const id = randomUUID();
    const keyId = hashOf(JSON.stringify([this.#name, key]));
    const row = { id, keyId, unitId: hashOf(unit), ownerId: this.#ownerId };
    const isTaken = await this.#atomically.run(async (manager, onFailure) => {
      await lock(manager, keyId, now);
      onFailure(() => manager.delete(TakenSlot, { id }));
      await manager.insert(TakenSlot, {
        ...row,
        leasedUntil: now + this.#lease,
      });
      return (await unitsOf(manager, keyId, now)) <= max;
    });
    if (!isTaken) return undefined;
    this.#taken.add(id);
    this.#timer ??= setInterval(
      () => void this.#renew(),
      this.#lease / RENEWALS,
    ).unref();
    return () => this.#giveBack(id);
  }

  async #giveBack(id: string): Promise<void> {
    this.#taken.delete(id);
    if (this.#taken.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    await this.#keep(() =>
      this.dataSource.manager.delete(TakenSlot, { id }).then(() => undefined),
    );
  }

  /** What other processes have left behind goes, too. */
  #renew(): Promise<void> {
    return this.#keep(async () => {
      const { manager } = this.dataSource;
      const now = Date.now();
      const owned = { ownerId: this.#ownerId };
      await manager.update(TakenSlot, owned, {
        leasedUntil: now + this.#lease,
      });
      // A process that could not reach the database for a while goes on with its rows.
      await manager.delete(TakenSlot, {
        leasedUntil: LessThanOrEqual(now - this.#lease),
      });
      await manager.delete(SlotLock, {
        usedAt: LessThanOrEqual(now - KEEP_LOCKS),
      });
    });
  }

  /** The lease ends what the database was not told. The application may have closed it before its last answer. */
  async #keep(work: () => Promise<void>): Promise<void> {
    if (!this.dataSource.isInitialized) return;
    try {
      await work();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#logger.warn(`What goes on could not be kept: ${quote(text)}`);
    }
  }
}

/** Until the transaction ends, everybody else who takes a slot of the key waits. */
async function lock(
  manager: EntityManager,
  keyId: string,
  usedAt: number,
): Promise<void> {
  const { affected } = await manager.update(SlotLock, { keyId }, { usedAt });
  if (affected) return;
  // Somebody else may be making it now; then this waits.
  await manager
    .createQueryBuilder()
    .insert()
    .into(SlotLock)
    .values({ keyId, usedAt })
    .orIgnore()
    .execute();
  await manager.update(SlotLock, { keyId }, { usedAt });
}

async function unitsOf(
  manager: EntityManager,
  keyId: string,
  now: number,
): Promise<number> {
  const found = await manager
    .createQueryBuilder(TakenSlot, 'slot')
    .select('COUNT(DISTINCT slot.unitId)', 'units')
    .where('slot.keyId = :keyId AND slot.leasedUntil > :now', { keyId, now })
    .getRawOne<{ units: number | string }>();
  return Number(found?.units ?? 0);
}

/** Keys may be long, and addresses or names of people. */
function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** One that is not initialised yet does not know its entities. */
function requireEntities(dataSource: DataSource): void {
  if (!dataSource.isInitialized) return;
  if (downloadSlotEntities.every((entity) => dataSource.hasMetadata(entity))) {
    return;
  }
  throw new InvalidOptionsError(
    'DatabaseSlots',
    'a DataSource that does not know the entities of slots',
    'Give it them, `entities: [...downloadSlotEntities]`, and their tables by `migrations: [...downloadSlotMigrations]`.',
  );
}
