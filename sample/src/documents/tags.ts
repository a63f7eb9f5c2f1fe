import { BadRequestException } from '@nestjs/common';
import { type ValueTransformer } from 'typeorm';

const MOST = 10;
const LONGEST = 40;

/**
 * The tags that a form names, with commas between them. How they are written makes no difference.
 *
 * @throws BadRequestException for too many, or one that is too long
 */
export function receivedTags(text: string): string[] {
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\p{Cc}\p{Bidi_Control}|\s]+/gu, ' ')
    .split(',');
  const tags = new Set(words.map((word) => word.trim()).filter(Boolean));
  if (tags.size > MOST || [...tags].some(({ length }) => length > LONGEST)) {
    throw new BadRequestException(
      `A document may have ${MOST} tags, and a tag ${LONGEST} characters at the most.`,
    );
  }
  return inOrder(tags);
}

/**
 * How a column holds tags: `|2026|letters|`, so that each can be looked for with its ends; '' is none. TypeORM
 * asks for what is in an entity already, too, where the database is embedded.
 */
export const tagColumn: ValueTransformer = {
  to: (tags: readonly string[] = []) =>
    tags.length ? `|${tags.join('|')}|` : '',
  from: (held: string | readonly string[]) =>
    typeof held === 'string' ? held.split('|').filter(Boolean) : held,
};

/** All tags that stand in such columns, each once. */
export function distinctTags(columns: readonly string[]): string[] {
  return inOrder(new Set(columns.join('').split('|').filter(Boolean)));
}

function inOrder(tags: ReadonlySet<string>): string[] {
  return [...tags].sort(new Intl.Collator('en', { numeric: true }).compare);
}
