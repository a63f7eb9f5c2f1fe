import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What whoever made a link wants to say to those who get it. */
@Entity()
export class LinkMessage {
  @PrimaryColumn({ type: 'varchar' })
  link!: string;

  @Column({ type: 'varchar' })
  text!: string;
}
