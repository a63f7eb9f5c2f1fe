import {
  type ValueTransformer,
  Column,
  Entity,
  Index,
  PrimaryColumn,
} from 'typeorm';

/**
 * A moment as milliseconds since 1970: the one way that means the same on every database. Drivers give such
 * numbers as texts.
 *
 * @internal
 */
export const moment: ValueTransformer = {
  to: (value: unknown) => (value instanceof Date ? value.getTime() : value),
  from: (value: unknown) =>
    value === null || value === undefined ? null : new Date(Number(value)),
};

/**
 * A whole number of up to 2^53.
 *
 * @internal
 */
export const wholeNumber: ValueTransformer = {
  to: (value: unknown) => value,
  from: (value: unknown) => Number(value),
};

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
@Index('limited_link_creator', ['creator'])
@Index('limited_link_created_at', ['createdAt'])
export class LimitedLink {
  /** 128 random bits in hexadecimal digits. */
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 32 })
  id!: string;

  /** What the application made it for, in its own words, such as the id of a document. */
  @Column({ name: 'subject', type: 'varchar', length: 255 })
  subject!: string;

  /** Who made it, in the application's own words; null where that was not said. */
  @Column({ name: 'creator', type: 'varchar', length: 255, nullable: true })
  creator!: string | null;

  /** What was noted when it was made. */
  @Column({ name: 'note', type: 'varchar', length: 1000, nullable: true })
  note!: string | null;

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

/**
 * One use of a limited link: what one client may still fetch. Times in milliseconds since 1970.
 *
 * @publicApi
 */
@Entity('limited_link_grant')
@Index('limited_link_grant_client', ['linkId', 'client'])
export class LimitedLinkGrant {
  /** 128 bits in hexadecimal digits: a hash of what stands in the URL of the use, else random ones. */
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 32 })
  id!: string;

  @Column({ name: 'link_id', type: 'varchar', length: 32 })
  linkId!: string;

  /** A hash of whose it is, where the client may show that by its address. */
  @Column({ name: 'client', type: 'varchar', length: 64, nullable: true })
  client!: string | null;

  /** Whose it is, as `getClient()` of the controller said: by default address and user agent. */
  @Column({ name: 'client_name', type: 'varchar', length: 255, nullable: true })
  clientName!: string | null;

  @Column({ name: 'created_at', type: 'bigint', transformer: wholeNumber })
  createdAt!: number;

  /** Nothing begins after it. 0 after the link was revoked. */
  @Column({ name: 'open_until', type: 'bigint', transformer: wholeNumber })
  openUntil!: number;

  /** Bytes that were promised, but for those that were not sent in the end. */
  @Column({ name: 'drawn', type: 'bigint', transformer: wholeNumber })
  drawn!: number;

  /** Answers that are being sent. */
  @Column({ name: 'connections', type: 'integer' })
  connections!: number;

  /** Until then their number holds, unless a process says that it does longer. */
  @Column({ name: 'leased_until', type: 'bigint', transformer: wholeNumber })
  leasedUntil!: number;
}

/**
 * The entities of limited links, for `entities` of the DataSource: `[Document, ...limitedLinkEntities]`.
 *
 * @publicApi
 */
export const limitedLinkEntities = [LimitedLink, LimitedLinkGrant];
