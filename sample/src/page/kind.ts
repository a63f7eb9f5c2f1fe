/** What a reader takes a document for, and what it can be shown by. */
export type Kind = 'image' | 'audio' | 'video' | 'pdf' | 'text' | 'file';

/** Drawings (SVG) are not among them: they can run script, so the library sends them as attachments. */
const IMAGES = /^image\/(?:apng|avif|bmp|gif|jpeg|png|webp)$/;

export function kindOf(contentType: string): Kind {
  const [type] = contentType.toLowerCase().split(';');
  if (IMAGES.test(type)) return 'image';
  if (type === 'application/pdf') return 'pdf';
  if (type === 'text/plain') return 'text';
  const [media] = type.split('/');
  return media === 'audio' || media === 'video' ? media : 'file';
}
