import { buffer } from 'node:stream/consumers';

import { Injectable, UnprocessableEntityException } from '@nestjs/common';
import { DerivedFile, DownloadStorages } from 'nestjs-downloadview';
import sharp, { type ResizeOptions } from 'sharp';

import { type Document } from './document.entity.js';

/** What sharp reads. Drawings (SVG) are not among them: they are scaled by whoever shows them. */
const READ = /^image\/(?:avif|gif|jpeg|png|webp)$/i;
/** Bytes, and pixels: a small file may hold a picture that fills the memory. */
const LARGEST = 50_000_000;
const limitInputPixels = 100_000_000;

/** Whether smaller pictures are made of a document. */
export function isPicture({
  contentType,
  size,
}: Pick<Document, 'contentType' | 'size'>): boolean {
  return READ.test(contentType) && size > 0 && size <= LARGEST;
}

/**
 * Smaller pictures of documents: each is made when it is first asked for, and kept in the storage. The file of a
 * document never changes and no id is given twice, so the two make a key that is right for good.
 */
@Injectable()
export class PicturesService {
  constructor(private readonly storages: DownloadStorages) {}

  /** For the tile in a list: a square from its middle. */
  thumbnail(document: Document): DerivedFile {
    return this.#derived(document, 'thumbnails', { width: 160, height: 160 });
  }

  /** For a page that can show no more than it holds itself. */
  preview(document: Document): DerivedFile {
    return this.#derived(document, 'previews', {
      ...{ width: 1200, height: 1200 },
      ...{ fit: 'inside', withoutEnlargement: true },
    });
  }

  /** All that may have been made of a document. */
  of(document: Document): DerivedFile[] {
    return isPicture(document)
      ? [this.thumbnail(document), this.preview(document)]
      : [];
  }

  #derived(
    { id, createdAt, file }: Document,
    directory: string,
    size: ResizeOptions,
  ): DerivedFile {
    return new DerivedFile({
      storage: this.storages.get(),
      key: `${directory}/${id}-${createdAt.getTime()}.webp`,
      make: async () => scaled(await buffer(await file.open()), size),
    });
  }
}

/** @throws UnprocessableEntityException where the bytes are not what their type says */
async function scaled(bytes: Buffer, size: ResizeOptions): Promise<Buffer> {
  try {
    const picture = sharp(bytes, { limitInputPixels }).autoOrient();
    return await picture.resize(size).webp().toBuffer();
  } catch {
    throw new UnprocessableEntityException('This is no picture.');
  }
}
