import { buffer } from 'node:stream/consumers';

import { Injectable, UnprocessableEntityException } from '@nestjs/common';
import { type DownloadFile } from 'nestjs-downloadview';

import { kindOf } from '../page/kind.js';
import { type Document } from './document.entity.js';
import { DocumentsService } from './documents.service.js';
import { isPicture, PicturesService } from './pictures.service.js';

/** What a page holds of a document: the beginning of its text, or a picture as a `data:` URL. */
export type Embedded = { readonly text: string } | { readonly image: string };

/** Bytes of a drawing that a page may hold. */
const SMALL = 300_000;

/** Previews for pages that may load nothing, such as that of a link. */
@Injectable()
export class PreviewsService {
  constructor(
    private readonly documents: DocumentsService,
    private readonly pictures: PicturesService,
  ) {}

  /** @returns undefined where it takes more than a page to show the document */
  async embed(document: Document): Promise<Embedded | undefined> {
    const { contentType, size, file } = document;
    if (isPicture(document)) return this.#picture(document);
    switch (kindOf(contentType)) {
      case 'text':
      case 'table':
      case 'source':
        return { text: await this.documents.beginning(document) };
      case 'drawing':
        return size <= SMALL ? embedded('image/svg+xml', file) : undefined;
      default:
        return undefined;
    }
  }

  async #picture(document: Document): Promise<Embedded | undefined> {
    try {
      return await embedded('image/webp', this.pictures.preview(document));
    } catch (error) {
      if (error instanceof UnprocessableEntityException) return undefined;
      throw error;
    }
  }
}

async function embedded(type: string, file: DownloadFile): Promise<Embedded> {
  const bytes = await buffer(await file.open());
  return { image: `data:${type};base64,${bytes.toString('base64')}` };
}
