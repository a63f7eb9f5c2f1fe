import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type DownloadFile } from 'nestjs-downloadview';
import { NewFile } from 'nestjs-downloadview/typeorm';
import { QueryFailedError, Repository } from 'typeorm';

import { Document } from './document.entity.js';
import { distinctSlug, slugOf } from './names.js';

// One statement needs no transaction; and the embedded database has one connection, on which those of
// several requests would get into each other.
const ALONE = { transaction: false };

export interface NewDocument {
  readonly name: string;
  readonly contentType: string;
  readonly size: number;
  readonly content: Uint8Array | DownloadFile;
}

@Injectable()
export class DocumentsService {
  constructor(
    @InjectRepository(Document)
    private readonly documents: Repository<Document>,
  ) {}

  /** Newest first. */
  list(): Promise<Document[]> {
    return this.documents.find({ order: { id: 'DESC' } });
  }

  /** @throws NotFoundException where there is none */
  async find(slug: string): Promise<Document> {
    // PostgreSQL cannot be asked for a text with NUL in it.
    const document =
      !slug.includes('\0') && (await this.documents.findOneBy({ slug }));
    if (document) return document;
    throw new NotFoundException();
  }

  async latest(): Promise<Document | undefined> {
    const order = { id: 'DESC' } as const;
    return (await this.documents.find({ order, take: 1 }))[0];
  }

  async add(added: NewDocument): Promise<Document> {
    const slug = slugOf(added.name);
    try {
      return await this.#insert(added, slug);
    } catch (error) {
      // Only the database can say whether a slug is free: two uploads at once may want the same.
      if (!(error instanceof QueryFailedError)) throw error;
      return this.#insert(added, distinctSlug(slug));
    }
  }

  /** The file goes with the row: the entity says so. */
  async remove(slug: string): Promise<void> {
    await this.documents.remove(await this.find(slug), ALONE);
  }

  #insert({ content, ...row }: NewDocument, slug: string): Promise<Document> {
    const file = new NewFile(row.name, content);
    const document = { ...row, slug, file, createdAt: new Date() };
    return this.documents.save(this.documents.create(document), ALONE);
  }
}
