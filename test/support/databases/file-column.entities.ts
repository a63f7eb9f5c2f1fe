import { type StorageFile } from 'nestjs-downloadview';
import { FileColumn } from 'nestjs-downloadview/typeorm';
import {
  ChildEntity,
  Column,
  DeleteDateColumn,
  Entity,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type Relation,
  TableInheritance,
} from 'typeorm';

/** In a column of another storage, and of a row that others point to. */
@Entity()
export class Author {
  @PrimaryGeneratedColumn()
  id!: number;

  @FileColumn({ storage: 'portraits', nullable: true })
  portrait!: StorageFile | null;

  @OneToMany(() => Paper, (paper) => paper.author, { cascade: true })
  papers!: Relation<Paper[]>;
}

/** Embedded in a paper. */
export class Scan {
  @Column({ type: 'integer', nullable: true })
  pages!: number | null;

  @FileColumn({
    nullable: true,
    directory: ({ pages }: Scan) => `scans/${pages}-pages/`,
  })
  file!: StorageFile | null;
}

@Entity()
export class Paper {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar', unique: true })
  slug!: string;

  @FileColumn({ directory: 'papers' })
  file!: StorageFile;

  @FileColumn({ nullable: true, onReplace: 'delete', onDelete: 'delete' })
  draft!: StorageFile | null;

  @Column(() => Scan)
  scan!: Scan;

  @ManyToOne(() => Author, (author) => author.papers, { eager: true })
  author!: Relation<Author> | null;

  @DeleteDateColumn()
  deletedAt!: Date | null;
}

@Entity()
@TableInheritance({ column: { type: 'varchar', name: 'kind' } })
export class Note {
  @PrimaryColumn({ type: 'varchar' })
  title!: string;
}

/** Of a table that its class shares with others. */
@ChildEntity()
export class RecordedNote extends Note {
  @FileColumn({ nullable: true, length: 200 })
  sound!: StorageFile | null;
}

/** Its pages go with it, and those that it loses go at once. */
@Entity()
export class Album {
  @PrimaryGeneratedColumn()
  id!: number;

  @OneToMany(() => Page, (page) => page.album, { cascade: true })
  pages!: Relation<Page[]>;
}

@Entity()
export class Page {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ type: 'integer' })
  number!: number;

  @FileColumn({ nullable: true, onDelete: 'delete' })
  image!: StorageFile | null;

  @FileColumn({
    nullable: true,
    select: false,
    onDelete: 'delete',
    onReplace: 'delete',
  })
  original!: StorageFile | null;

  @ManyToOne(() => Album, (album) => album.pages, {
    orphanedRowAction: 'delete',
  })
  album!: Relation<Album>;
}

export const FILE_ENTITIES = [Author, Paper, Note, RecordedNote, Album, Page];
