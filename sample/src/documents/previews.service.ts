import { buffer } from 'node:stream/consumers';

import { Injectable, UnprocessableEntityException } from '@nestjs/common';
import { type DownloadFile, UrlSigner } from 'nestjs-downloadview';
import { type LimitedLink } from 'nestjs-downloadview/typeorm';

import { kindOf } from '../page/kind.js';
import { type Document } from './document.entity.js';
import { DocumentsService } from './documents.service.js';
import { isPicture, PicturesService } from './pictures.service.js';

/**
 * What the page of a link shows: the beginning of a text, a picture as a `data:` URL, or the address of what is too
 * large for a page to hold.
 */
export type Shown =
  { readonly text: string } | Picture | { readonly source: string };

interface Picture {
  readonly image: string;
}

/** One document of several, as a page lists it. */
export interface Listed {
  readonly document: Document;
  /** A small picture of it, as a `data:` URL. */
  readonly thumbnail?: string;
  /** Where it is seen by itself. */
  readonly address?: string;
}

/** Bytes of a drawing that a page may hold. */
const SMALL = 300_000;
/** Seconds that a page may stay open. */
const DAY = 86_400;

/** What those see of a document who have nothing but a link. */
@Injectable()
export class PreviewsService {
  constructor(
    private readonly documents: DocumentsService,
    private readonly pictures: PicturesService,
    private readonly signer: UrlSigner,
  ) {}

  /** @returns undefined where browsers cannot show it */
  async show(
    document: Document,
    link: LimitedLink,
  ): Promise<Shown | undefined> {
    const { contentType, size, file } = document;
    if (isPicture(document)) return picture(this.pictures.preview(document));
    switch (kindOf(contentType)) {
      case 'text':
      case 'table':
      case 'source':
        return { text: await this.documents.beginning(document) };
      case 'drawing':
        return size <= SMALL ? embedded('image/svg+xml', file) : undefined;
      case 'audio':
      case 'video':
      case 'pdf':
        return { source: this.addressOf(document, link) };
      default:
        return undefined;
    }
  }

  /** Where those who have a link see a document, as long as the link works. */
  addressOf({ id }: Document, link: LimitedLink): string {
    return this.signer.sign(`/shown/${link.id}/${id}`, { expiresIn: DAY });
  }

  /** Several documents; one after the other, for pictures take memory. */
  async list(
    documents: readonly Document[],
    link: LimitedLink,
  ): Promise<Listed[]> {
    const list: Listed[] = [];
    for (const document of documents) {
      const small = isPicture(document)
        ? await picture(this.pictures.thumbnail(document))
        : undefined;
      const address = this.addressOf(document, link);
      list.push({ document, thumbnail: small?.image, address });
    }
    return list;
  }
}

/** @returns undefined for one that cannot be read */
async function picture(file: DownloadFile): Promise<Picture | undefined> {
  try {
    return await embedded('image/webp', file);
  } catch (error) {
    if (error instanceof UnprocessableEntityException) return undefined;
    throw error;
  }
}

async function embedded(type: string, file: DownloadFile): Promise<Picture> {
  const bytes = await buffer(await file.open());
  return { image: `data:${type};base64,${bytes.toString('base64')}` };
}
