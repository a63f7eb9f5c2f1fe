import { type NewDocument } from '../documents/documents.service.js';
import { pdf } from './pdf.js';
import { png } from './png.js';

export const guide = {
  key: 'guides/welcome.txt',
  text: 'Welcome. Upload a document on the page, then download it.\n',
};

export function firstDocuments(): NewDocument[] {
  return [
    {
      name: 'Welcome.txt',
      contentType: 'text/plain',
      bytes: Buffer.from('Hello! This is the first document – à bientôt.\n'),
    },
    {
      name: 'Sunset.png',
      contentType: 'image/png',
      bytes: png(320, 200, (x, y) => [255 - y / 2, 120 - y / 2, 60 + x / 4]),
    },
    {
      name: 'Letter.pdf',
      contentType: 'application/pdf',
      bytes: pdf('Dear reader, this page was made by a few lines of code.'),
    },
  ];
}
