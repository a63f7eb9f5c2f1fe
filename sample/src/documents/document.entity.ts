import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** What the library knows of a document. Its bytes are in the storage, under the key `file`. */
@Entity()
export class Document {
  @PrimaryGeneratedColumn()
  id!: number;

  /** Its place in URLs. */
  @Column({ type: 'varchar', unique: true })
  slug!: string;

  /** What its owner calls it, and what it is called when downloaded. */
  @Column({ type: 'varchar' })
  name!: string;

  /** The key in the storage. Made here, never from the name: a name may hold anything. */
  @Column({ type: 'varchar' })
  file!: string;

  @Column({ type: 'varchar' })
  contentType!: string;

  /** Bytes. */
  @Column({ type: 'integer' })
  size!: number;

  @Column({ type: Date })
  createdAt!: Date;
}
