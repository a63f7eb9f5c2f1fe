import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { DownloadStorages } from 'nestjs-downloadview';
import { QueryFailedError, Repository } from 'typeorm';

import { Document } from './document.entity.js';
import { distinctSlug, slugOf } from './names.js';

export interface NewDocument {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Buffer;
}

@Injectable()
export class DocumentsService {
  constructor(
    @InjectRepository(Document)
    private readonly documents: Repository<Document>,
    private readonly storages: DownloadStorages,
  ) {}

  /** Newest first. */
  list(): Promise<Document[]> {
    return this.documents.find({ order: { id: 'DESC' } });
  }

  async latest(): Promise<Document | undefined> {
    const order = { id: 'DESC' } as const;
    return (await this.documents.find({ order, take: 1 }))[0];
  }

  /** Keeps the bytes in the storage, and all else in a row that points to them. */
  async add({ name, contentType, bytes }: NewDocument): Promise<void> {
    const file = await this.storages.get().save(randomUUID(), bytes);
    await this.#insert({
      slug: slugOf(name),
      name,
      file,
      contentType: withCharset(contentType, bytes),
      size: bytes.length,
      createdAt: new Date(),
    });
  }

  /** Only the database can say whether a slug is free: two uploads at once may want the same. */
  async #insert(row: Omit<Document, 'id'>): Promise<void> {
    try {
      await this.documents.insert({ ...row });
    } catch (error) {
      if (!(error instanceof QueryFailedError)) throw error;
      await this.documents.insert({ ...row, slug: distinctSlug(row.slug) });
    }
  }
}

/** Browsers do not say which charset a text has, and guess wrong when nobody tells them. */
function withCharset(contentType: string, bytes: Buffer): string {
  return contentType === 'text/plain' && isUtf8(bytes)
    ? 'text/plain; charset=utf-8'
    : contentType;
}
