import { type Type } from '@nestjs/common';
import {
  Column,
  Entity,
  Index,
  type MigrationInterface,
  PrimaryColumn,
  type QueryRunner,
  Table,
} from 'typeorm';

import { wholeNumber } from './limited-links/limited-link.entity.js';

/**
 * One answer that goes on.
 *
 * @internal
 */
@Entity('download_slot')
@Index('download_slot_key', ['keyId'])
@Index('download_slot_owner', ['ownerId'])
export class TakenSlot {
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 36 })
  id!: string;

  /** A hash of the limit's name and of whose it is. */
  @Column({ name: 'key_id', type: 'varchar', length: 64 })
  keyId!: string;

  /** A hash of what counts: rows with the same one count once. */
  @Column({ name: 'unit_id', type: 'varchar', length: 64 })
  unitId!: string;

  /** The process that sends the answer. */
  @Column({ name: 'owner_id', type: 'varchar', length: 36 })
  ownerId!: string;

  /** Milliseconds since 1970: until then it counts, unless its process says that it goes on. */
  @Column({ name: 'leased_until', type: 'bigint', transformer: wholeNumber })
  leasedUntil!: number;
}

/**
 * Whoever takes a slot of a key locks the row of that key first.
 *
 * @internal
 */
@Entity('download_slot_lock')
export class SlotLock {
  @PrimaryColumn({ name: 'key_id', type: 'varchar', length: 64 })
  keyId!: string;

  /** Milliseconds since 1970. */
  @Column({ name: 'used_at', type: 'bigint', transformer: wholeNumber })
  usedAt!: number;
}

/**
 * The entities of DatabaseSlots, for `entities` of the DataSource: `[Document, ...downloadSlotEntities]`.
 *
 * @publicApi
 */
export const downloadSlotEntities: Type[] = [TakenSlot, SlotLock];

/**
 * Creates the tables of DatabaseSlots.
 *
 * @publicApi
 */
export class CreateDownloadSlots1797000000000 implements MigrationInterface {
  readonly name = 'CreateDownloadSlots1797000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const text = (name: string, length: string) =>
      ({ name, type: 'varchar', length }) as const;
    await queryRunner.createTable(
      new Table({
        name: 'download_slot',
        columns: [
          { ...text('id', '36'), isPrimary: true },
          text('key_id', '64'),
          text('unit_id', '64'),
          text('owner_id', '36'),
          { name: 'leased_until', type: 'bigint' },
        ],
        indices: [
          { name: 'download_slot_key', columnNames: ['key_id'] },
          { name: 'download_slot_owner', columnNames: ['owner_id'] },
        ],
      }),
    );
    await queryRunner.createTable(
      new Table({
        name: 'download_slot_lock',
        columns: [
          { ...text('key_id', '64'), isPrimary: true },
          { name: 'used_at', type: 'bigint' },
        ],
      }),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('download_slot_lock');
    await queryRunner.dropTable('download_slot');
  }
}

/**
 * All migrations of DatabaseSlots, for `migrations` of the DataSource: those that later versions add come by
 * themselves.
 *
 * @publicApi
 */
export const downloadSlotMigrations = [CreateDownloadSlots1797000000000];
