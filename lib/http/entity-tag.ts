import { createHash } from 'node:crypto';

/**
 * An entity tag, RFC 9110 section 8.8.3.
 *
 * @internal
 */
export interface EntityTag {
  weak: boolean;
  /** What stands between the quotes. */
  value: string;
}

const OPAQUE = '[!#-~\\x80-\\xFF]*';
const TAG = new RegExp(`^(W/)?"(${OPAQUE})"$`);
const MEMBER = new RegExp(`[ \\t]*((?:W/)?"${OPAQUE}")[ \\t]*(?:,|$)`, 'y');
const ONLY_OPAQUE = new RegExp(`^${OPAQUE}$`);
const DIGEST_CHARACTERS = 22;

/**
 * Parses one entity tag, RFC 9110 section 8.8.3.
 *
 * @internal
 */
export function parseEntityTag(text: string): EntityTag | undefined {
  const match = TAG.exec(text);
  return match ? { weak: match[1] !== undefined, value: match[2] } : undefined;
}

/**
 * Parses If-Match and If-None-Match (RFC 9110 sections 13.1.1 and 13.1.2). Members that are no
 * tag are skipped: they can match nothing. A comma is a character of the tag like any other.
 *
 * @internal
 */
export function parseEntityTags(header: string): '*' | EntityTag[] {
  if (header.trim() === '*') return '*';
  const tags: EntityTag[] = [];
  for (let position = 0; position < header.length;) {
    MEMBER.lastIndex = position;
    const member = MEMBER.exec(header);
    const tag = member ? parseEntityTag(member[1]) : undefined;
    if (tag) tags.push(tag);
    position = member ? MEMBER.lastIndex : afterComma(header, position);
  }
  return tags;
}

/**
 * Strong comparison, RFC 9110 section 8.8.3.2: for If-Match and If-Range.
 *
 * @internal
 */
export function strongMatch(a: EntityTag, b: EntityTag): boolean {
  return !a.weak && !b.weak && a.value === b.value;
}

/**
 * Weak comparison, RFC 9110 section 8.8.3.2: for If-None-Match.
 *
 * @internal
 */
export function weakMatch(a: EntityTag, b: EntityTag): boolean {
  return a.value === b.value;
}

/**
 * The ETag field value, RFC 9110 section 8.8.3.
 *
 * @internal
 */
export function formatEntityTag(tag: EntityTag): string {
  return `${tag.weak ? 'W/' : ''}"${tag.value}"`;
}

/**
 * The ETag field value (RFC 9110 section 8.8.3) for what a column or a storage holds: a tag stays
 * as it is, a bare value is quoted, and one that no tag can hold is hashed. Nothing has no tag.
 *
 * @internal
 */
export function toEntityTag(value: string): string | undefined {
  if (value === '') return undefined;
  if (parseEntityTag(value)) return value;
  const opaque = ONLY_OPAQUE.test(value) ? value : digest(value);
  return formatEntityTag({ weak: false, value: opaque });
}

function digest(value: string): string {
  return createHash('sha256')
    .update(value)
    .digest('base64url')
    .slice(0, DIGEST_CHARACTERS);
}

function afterComma(header: string, position: number): number {
  const comma = header.indexOf(',', position);
  return comma === -1 ? header.length : comma + 1;
}
