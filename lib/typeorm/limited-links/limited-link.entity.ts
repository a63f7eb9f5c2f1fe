import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

import { moment } from './column-values.js';

/**
 * What a limited link is good for.
 *
 * @publicApi
 */
export type LimitedLinkState = 'open' | 'used-up' | 'revoked' | 'expired';

/**
 * A link that works once, some times, or until it is revoked. Its URL is not in the database.
 *
 * @publicApi
 */
@Entity('limited_link')
@Index('limited_link_subject', ['subject'])
export class LimitedLink {
  /** 128 random bits in hexadecimal digits. */
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 32 })
  id!: string;

  /** What the application made it for, in its own words, such as the id of a document. */
  @Column({ name: 'subject', type: 'varchar', length: 255 })
  subject!: string;

  /** What the client calls the file; the file's own name where it is null. */
  @Column({ name: 'basename', type: 'varchar', length: 255, nullable: true })
  basename!: string | null;

  /** How many clients may use it; null is any number, until it is revoked. */
  @Column({ name: 'max_uses', type: 'integer', nullable: true })
  maxUses!: number | null;

  /** How many have. */
  @Column({ name: 'used', type: 'integer' })
  used!: number;

  @Column({ name: 'created_at', type: 'bigint', transformer: moment })
  createdAt!: Date;

  @Column({
    name: 'expires_at',
    type: 'bigint',
    nullable: true,
    transformer: moment,
  })
  expiresAt!: Date | null;

  @Column({
    name: 'revoked_at',
    type: 'bigint',
    nullable: true,
    transformer: moment,
  })
  revokedAt!: Date | null;

  /** Whether it can be used once more, and if not, why. */
  get state(): LimitedLinkState {
    if (this.revokedAt) return 'revoked';
    if (this.expiresAt && this.expiresAt.getTime() <= Date.now()) {
      return 'expired';
    }
    return this.maxUses !== null && this.used >= this.maxUses
      ? 'used-up'
      : 'open';
  }
}
