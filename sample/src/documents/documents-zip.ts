import { ZipFile } from 'nestjs-downloadview/archives';

import { type Document } from './document.entity.js';

/** Several documents as one file, made while it is sent. */
export function zipOf(documents: readonly Document[]): ZipFile {
  return new ZipFile(
    documents.map(({ file, name }) => ({ file, path: name })),
    { name: 'documents.zip' },
  );
}
