import { extname } from 'node:path';

/** What a reader takes a document for, and what it can be shown by. */
export type Kind =
  | 'image'
  | 'drawing'
  | 'audio'
  | 'video'
  | 'pdf'
  | 'text'
  | 'table'
  | 'source'
  | 'file';

/** Drawings (SVG) are not among them: on a page of their own they can run script, in an image they cannot. */
const IMAGES = /^image\/(?:apng|avif|bmp|gif|jpeg|png|webp)$/;

const KINDS = new Map<string, Kind>([
  ['image/svg+xml', 'drawing'],
  ['application/pdf', 'pdf'],
  ['text/plain', 'text'],
  ['text/csv', 'table'],
  ['text/markdown', 'source'],
  ['application/json', 'source'],
]);

export function kindOf(contentType: string): Kind {
  const [type] = contentType.toLowerCase().split(';');
  if (IMAGES.test(type)) return 'image';
  const [media] = type.split('/');
  return (
    KINDS.get(type) ?? (media === 'audio' || media === 'video' ? media : 'file')
  );
}

const WORDS: Record<Kind, string> = {
  ...{ image: 'image', drawing: 'drawing', audio: 'audio', video: 'video' },
  ...{ pdf: 'document', text: 'file', table: 'table', source: 'file' },
  file: 'file',
};

/** What a name ends in, if it is short enough to be one of those that people know. */
export function extensionOf(name: string): string | undefined {
  return /[a-z0-9]{1,4}$/i.exec(extname(name))?.[0];
}

/** In a reader's words: `PDF document`. */
export function readableKind(name: string, contentType: string): string {
  const extension = extensionOf(name)?.toUpperCase() ?? 'A';
  return `${extension} ${WORDS[kindOf(contentType)]}`;
}

/** Whether the library lets browsers show it on a page of its own. */
export function opensByItself(kind: Kind): boolean {
  return ['image', 'audio', 'video', 'pdf', 'text'].includes(kind);
}
