import { isUtf8 } from 'node:buffer';
import { readFile, rm } from 'node:fs/promises';

import { Injectable } from '@nestjs/common';
import { LocalFile } from 'nestjs-downloadview';

import { type Document } from './document.entity.js';
import { DocumentsService } from './documents.service.js';
import { receivedName } from './names.js';

/** A file that a form has sent; it lies in a directory of its own until it is kept. */
export type Upload = Pick<
  Express.Multer.File,
  'originalname' | 'mimetype' | 'size' | 'path'
>;

const MEGABYTE = 1_000_000;

@Injectable()
export class UploadsService {
  constructor(private readonly documents: DocumentsService) {}

  /** Makes documents of uploads, one after the other; of none, if the name of one is refused. */
  async keep(uploads: readonly Upload[]): Promise<Document[]> {
    const kept: Document[] = [];
    try {
      const names = uploads.map((upload) => receivedName(upload.originalname));
      for (const [index, upload] of uploads.entries()) {
        kept.push(
          await this.documents.add({
            name: names[index],
            contentType: await contentTypeOf(upload),
            size: upload.size,
            content: new LocalFile(upload.path),
          }),
        );
      }
    } finally {
      await Promise.all(uploads.map(({ path }) => rm(path)));
    }
    return kept;
  }
}

/** Browsers do not say which charset a text has, and guess wrong when nobody tells them. */
async function contentTypeOf({
  mimetype,
  size,
  path,
}: Upload): Promise<string> {
  return mimetype === 'text/plain' &&
    size < 10 * MEGABYTE &&
    isUtf8(await readFile(path))
    ? 'text/plain; charset=utf-8'
    : mimetype;
}
