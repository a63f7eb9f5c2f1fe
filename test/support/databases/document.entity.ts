import {
  Column,
  Entity,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  type Relation,
} from 'typeorm';

@Entity()
export class Owner {
  @PrimaryColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;
}

/** A row with a file, with a key of every kind. */
@Entity()
export class Document {
  @PrimaryColumn({ type: 'integer' })
  id!: number;

  /** PostgreSQL gives it as text. */
  @Column({ type: 'bigint' })
  serial!: number | string;

  @Column({ type: 'uuid' })
  uuid!: string;

  @Column({ type: 'varchar' })
  slug!: string;

  @Column({ type: 'varchar', nullable: true })
  file!: string | null;

  @Column({ type: 'integer', nullable: true })
  ownerId!: number | null;

  @ManyToOne(() => Owner)
  @JoinColumn({ name: 'ownerId' })
  owner?: Relation<Owner>;
}

/** A document by its number, its other columns made from it. */
export function documentRow(
  id: number,
  rest: Partial<Document> = {},
): Partial<Document> {
  return {
    id,
    serial: id,
    uuid: uuidOf(id),
    slug: `document-${id}`,
    file: `document-${id}.txt`,
    ...rest,
  };
}

export function uuidOf(id: number): string {
  return `0b5e7a52-9f5d-4c1e-8a6b-${String(id).padStart(12, '0')}`;
}
