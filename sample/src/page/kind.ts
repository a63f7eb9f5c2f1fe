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

/** Whether the library lets browsers show it on a page of its own. */
export function opensByItself(kind: Kind): boolean {
  return ['image', 'audio', 'video', 'pdf', 'text'].includes(kind);
}
