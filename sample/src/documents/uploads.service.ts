import { isUtf8 } from 'node:buffer';
import { readFile, rm } from 'node:fs/promises';

import { Injectable } from '@nestjs/common';
import { lookup } from 'mime-types';
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

/** What browsers send where they know nothing. */
const UNKNOWN = new Set(['', 'application/octet-stream']);

/** The browser's word, else the name's. */
async function contentTypeOf(upload: Upload): Promise<string> {
  const { mimetype, originalname } = upload;
  const type = UNKNOWN.has(mimetype)
    ? lookup(originalname) || 'application/octet-stream'
    : mimetype;
  return type.startsWith('text/') && (await isInUtf8(upload))
    ? `${type}; charset=utf-8`
    : type;
}

/** Browsers do not say which charset a text has, and guess wrong when nobody tells them. */
async function isInUtf8({ size, path }: Upload): Promise<boolean> {
  return size < 10 * MEGABYTE && isUtf8(await readFile(path));
}
