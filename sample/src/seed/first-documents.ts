import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { directories } from '../directories.js';
import { pdf } from './pdf.js';
import { png } from './png.js';
import { wav } from './wav.js';

export interface FirstDocument {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Buffer;
}

export const guide = {
  key: 'guides/welcome.txt',
  text: 'Welcome. Upload a document on the page, then download it.\n',
};

/** One of each kind that browsers show. */
export async function firstDocuments(): Promise<FirstDocument[]> {
  return [
    {
      name: 'Welcome.txt',
      contentType: 'text/plain; charset=utf-8',
      bytes: Buffer.from('Hello! This is the first document – à bientôt.\n'),
    },
    {
      name: 'Prélude.wav',
      contentType: 'audio/wav',
      bytes: wav([392, 494, 587, 784, 587]),
    },
    {
      name: 'Tide.webm',
      contentType: 'video/webm',
      bytes: await readFile(join(directories.assets, 'tide.webm')),
    },
    {
      name: 'Sunset.png',
      contentType: 'image/png',
      bytes: png(640, 400, sunset),
    },
    {
      name: 'Letter.pdf',
      contentType: 'application/pdf',
      bytes: pdf([
        'Dear reader,',
        '',
        'this page was made by a few lines of code,',
        'and nobody has printed it yet.',
      ]),
    },
  ];
}

function sunset(x: number, y: number): [number, number, number] {
  return [255 - y / 4, 120 - y / 4, 60 + x / 8];
}
