import { randomBytes } from 'node:crypto';
import { parse } from 'node:path';

/** A name as a form sent it: browsers write a quote as %22, and nothing keeps control characters out. */
export function receivedName(name: string): string {
  const plain = name.replaceAll('%22', '"').replace(/\p{Cc}/gu, '');
  return plain.trim() || 'unnamed';
}

/** A name's place in URLs: `Übersicht 2026.pdf` becomes `ubersicht-2026`. */
export function slugOf(name: string): string {
  const words = parse(name)
    .name.normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .match(/[a-z0-9]+/g);
  return words?.join('-').slice(0, 60) ?? 'document';
}

/** A slug that nobody has yet. */
export function distinctSlug(slug: string): string {
  return `${slug}-${randomBytes(4).toString('hex')}`;
}
