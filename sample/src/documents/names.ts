import { randomBytes } from 'node:crypto';
import { parse } from 'node:path';

import { BadRequestException } from '@nestjs/common';

const LONGEST = 255;

/**
 * A name as a form sent it: nothing keeps control characters out, nor those that change the direction of
 * writing, with which `exe.png` can be shown of a program.
 *
 * @throws BadRequestException for one that no disk could hold
 */
export function receivedName(name: string): string {
  if (name.length > LONGEST) {
    throw new BadRequestException(
      `A name may have ${LONGEST} characters at the most.`,
    );
  }
  return name.replace(/[\p{Cc}\p{Bidi_Control}]/gu, '').trim() || 'unnamed';
}

/** A name without case and accents: `Été.txt` becomes `ete.txt`. Databases fold each in a way of their own. */
export function foldedName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase();
}

/** A name's place in URLs: `Übersicht 2026.pdf` becomes `ubersicht-2026`. */
export function slugOf(name: string): string {
  const words = foldedName(parse(name).name).match(/[a-z0-9]+/g);
  return words?.join('-').slice(0, 60) ?? 'document';
}

/** A slug that nobody has yet. */
export function distinctSlug(slug: string): string {
  return `${slug}-${randomBytes(4).toString('hex')}`;
}
