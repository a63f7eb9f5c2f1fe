import { Controller } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import {
  type DownloadRequest,
  ObjectDownloadController,
} from 'nestjs-downloadview';
import { Column, Entity, PrimaryGeneratedColumn, Repository } from 'typeorm';

@Entity()
export class Document {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar', unique: true })
  slug!: string;

  @Column({ type: 'varchar' })
  file!: string; // a key of the storage

  @Column({ type: 'varchar' })
  title!: string;

  @Column({ type: 'integer' })
  ownerId!: number;
}

@Controller('documents/:slug')
export class DocumentController extends ObjectDownloadController<Document> {
  basenameField = 'title'; // the client saves it under its title

  constructor(
    @InjectRepository(Document) readonly repository: Repository<Document>,
  ) {
    super();
  }

  // Nobody gets the documents of others: for them there is no such row.
  async getWhere(request: DownloadRequest & { user?: { id: number } }) {
    return { ...(await super.getWhere(request)), ownerId: request.user?.id };
  }
}
