import { text } from 'node:stream/consumers';

import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type DownloadFile } from 'nestjs-downloadview';
import { NewFile } from 'nestjs-downloadview/typeorm';
import { In, QueryFailedError, Repository } from 'typeorm';

import { Document } from './document.entity.js';
import {
  type DocumentList,
  type ListQuery,
  selectPage,
} from './document-list.js';
import { distinctSlug, foldedName, slugOf } from './names.js';
import { PicturesService } from './pictures.service.js';
import { distinctTags } from './tags.js';

// One statement needs no transaction; and the embedded database has one connection, on which those of
// several requests would get into each other.
const ALONE = { transaction: false };

/** Bytes. */
const BEGINNING = 100_000;

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
    private readonly pictures: PicturesService,
  ) {}

  /** One page of those that are asked for. */
  async page(query: ListQuery): Promise<DocumentList> {
    const select = this.documents.createQueryBuilder('document');
    const list = await selectPage(select, query);
    return { ...list, allTags: await this.#allTags() };
  }

  /** All, the newest first. */
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

  /** Those of these that there are, the newest first. */
  findAll(slugs: readonly string[]): Promise<Document[]> {
    const known = slugs.filter((slug) => !slug.includes('\0'));
    return this.documents.find({
      where: { slug: In(known) },
      order: { id: 'DESC' },
    });
  }

  /** Those of these that there are still. */
  findByIds(ids: readonly number[]): Promise<Document[]> {
    return this.documents.find({
      where: { id: In(ids) },
      order: { id: 'DESC' },
    });
  }

  /** The first of its bytes as text, to be shown. */
  async beginning({ file, size }: Document): Promise<string> {
    if (size === 0) return '';
    const end = Math.min(size, BEGINNING) - 1;
    return text(await file.open({ start: 0, end }));
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

  /** Its place in URLs, and all links to it, stay. */
  async edit(slug: string, name: string, tags: string[]): Promise<void> {
    const { id } = await this.find(slug);
    const folded = foldedName(name);
    await this.documents.update({ id }, { name, foldedName: folded, tags });
  }

  /** The files go with their rows: the entity says so. What was made of them goes, too. */
  async remove(documents: readonly Document[]): Promise<void> {
    const made = documents.flatMap((document) => this.pictures.of(document));
    await this.documents.remove([...documents], ALONE);
    await Promise.all(made.map((picture) => picture.forget()));
  }

  #insert({ content, ...row }: NewDocument, slug: string): Promise<Document> {
    const file = new NewFile(row.name, content);
    const folded = foldedName(row.name);
    const document = this.documents.create({
      ...{ ...row, slug, foldedName: folded, file },
      ...{ tags: [], createdAt: new Date() },
    });
    return this.documents.save(document, ALONE);
  }

  async #allTags(): Promise<string[]> {
    const rows = await this.documents
      .createQueryBuilder('document')
      .select('DISTINCT document.tags', 'tags')
      .getRawMany<{ tags: string }>();
    return distinctTags(rows.map(({ tags }) => tags));
  }
}
