import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

import { wholeNumber } from './column-values.js';

/**
 * One use of a limited link: what one client may still fetch. Times in milliseconds since 1970.
 *
 * @publicApi
 */
@Entity('limited_link_grant')
@Index('limited_link_grant_client', ['linkId', 'client'])
export class LimitedLinkGrant {
  /** 128 bits in hexadecimal digits: a hash of what stands in the URL of the grant, else random ones. */
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 32 })
  id!: string;

  @Column({ name: 'link_id', type: 'varchar', length: 32 })
  linkId!: string;

  /** A hash of whose it is, where the client may show that by its address. */
  @Column({ name: 'client', type: 'varchar', length: 64, nullable: true })
  client!: string | null;

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
