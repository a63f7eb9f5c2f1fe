import { type StorageFile } from 'nestjs-downloadview';
import { FileColumn } from 'nestjs-downloadview/typeorm';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import { tagColumn } from './tags.js';

/** What the library knows of a document. */
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

  /** The name as it is looked for and put in order: without case and accents. */
  @Column({ type: 'varchar', default: '' })
  foldedName!: string;

  /** What it belongs to, in its owner's words. */
  @Column({ type: 'varchar', default: '', transformer: tagColumn })
  tags!: string[];

  /** Its bytes. The column holds their key in the storage; the file goes where the row goes. */
  @FileColumn({ directory: 'documents', onDelete: 'delete' })
  file!: StorageFile;

  @Column({ type: 'varchar' })
  contentType!: string;

  /** Bytes. */
  @Column({ type: 'integer' })
  size!: number;

  @Column({ type: Date })
  createdAt!: Date;
}
