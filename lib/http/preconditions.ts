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

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const DAY_NAME = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const LONG_DAY_NAME =
  '(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)';
const MONTH = `(?<month>${MONTHS.join('|')})`;
/** 23:59:60 is a leap second. */
const TIME =
  '(?<hour>[01]\\d|2[0-3]):(?<minute>[0-5]\\d):(?<second>[0-5]\\d|(?<=23:59:)60)';

const IMF_FIXDATE = new RegExp(
  `^${DAY_NAME}, (?<day>\\d\\d) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`,
);
const RFC_850 = new RegExp(
  `^${LONG_DAY_NAME}, (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT$`,
);
const ASCTIME = new RegExp(
  `^${DAY_NAME} ${MONTH} (?<day>\\d\\d| \\d) ${TIME} (?<year>\\d{4})$`,
);

/**
 * IMF-fixdate, the form of RFC 9110 section 5.6.7 that a sender must use.
 *
 * @throws RangeError for a date that the form cannot hold: an invalid one, or not of the years 0 to 9999.
 * @internal
 */
export function formatHttpDate(date: Date): string {
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) {
    throw new RangeError('The date has no form in HTTP');
  }
  return date.toUTCString();
}

/**
 * Parses the three forms of RFC 9110 section 5.6.7, and nothing else that `Date.parse` would
 * take. The day of the week is read over: senders get it wrong, and it decides nothing.
 *
 * @internal
 */
export function parseHttpDate(
  value: string | undefined,
  now = new Date(),
): Date | undefined {
  if (value === undefined) return undefined;
  const fields = (IMF_FIXDATE.exec(value) ?? ASCTIME.exec(value))?.groups;
  if (fields) return dateOf(fields, Number(fields.year));
  const old = RFC_850.exec(value)?.groups;
  return old && twoDigitYear(old, now);
}

/** RFC 9110 section 5.6.7: what appears to be more than 50 years ahead lies in the century before. */
function twoDigitYear(
  fields: Record<string, string>,
  now: Date,
): Date | undefined {
  const thisYear = now.getUTCFullYear();
  const year = thisYear - (thisYear % 100) + Number(fields.year);
  const limit = new Date(now);
  limit.setUTCFullYear(thisYear + 50);
  const date = dateOf(fields, year);
  return date && date > limit ? dateOf(fields, year - 100) : date;
}

function dateOf(
  fields: Record<string, string>,
  year: number,
): Date | undefined {
  const day = Number(fields.day);
  const date = new Date(0);
  date.setUTCFullYear(year, MONTHS.indexOf(fields.month), day);
  // A day that its month does not have rolls over into the next.
  if (date.getUTCDate() !== day) return undefined;
  date.setUTCHours(
    Number(fields.hour),
    Number(fields.minute),
    Number(fields.second),
  );
  return date;
}

/**
 * The conditions of a request, RFC 9110 section 13.1; `request.headers` of Node fits.
 *
 * @internal
 */
export interface ConditionalHeaders {
  'if-match'?: string;
  'if-unmodified-since'?: string;
  'if-none-match'?: string;
  'if-modified-since'?: string;
}

/**
 * What the conditions are held against: the ETag field value and Last-Modified, RFC 9110 section 8.8.
 *
 * @internal
 */
export interface Validators {
  etag?: string;
  lastModified?: Date;
}

/** @internal */
export type PreconditionOutcome =
  'proceed' | 'not-modified' | 'precondition-failed';

/**
 * Evaluates the preconditions of a GET or HEAD in the order of RFC 9110 section 13.2.2.
 *
 * The last of them comes back as its date instead of an outcome: whether a file was modified
 * since then is for the file, or for a hook of the application, to say.
 *
 * @internal
 */
export function evaluatePreconditions(
  headers: ConditionalHeaders,
  validators: Validators,
): PreconditionOutcome | { ifModifiedSince: Date } {
  if (!mayGoOn(headers, validators)) return 'precondition-failed';
  if (headers['if-none-match'] !== undefined) {
    return listed(headers['if-none-match'], validators, weakMatch)
      ? 'not-modified'
      : 'proceed';
  }
  const since = parseHttpDate(headers['if-modified-since']);
  return since ? { ifModifiedSince: since } : 'proceed';
}

/**
 * Whether a file has changed after `since`, in whole seconds as the fields of RFC 9110 section
 * 13.1.3 have them. A file that does not know when it changed may have.
 *
 * @internal
 */
export function modifiedSince(
  lastModified: Date | undefined,
  since: Date,
): boolean {
  // Negated, so that an invalid date is unknown, too.
  return !(
    lastModified !== undefined &&
    wholeSeconds(lastModified) <= wholeSeconds(since)
  );
}

/** If-Match (RFC 9110 section 13.1.1), or only where there is none, If-Unmodified-Since (13.1.4). */
function mayGoOn(headers: ConditionalHeaders, validators: Validators): boolean {
  if (headers['if-match'] !== undefined) {
    return listed(headers['if-match'], validators, strongMatch);
  }
  const since = parseHttpDate(headers['if-unmodified-since']);
  const { lastModified } = validators;
  return !(
    since &&
    lastModified &&
    wholeSeconds(lastModified) > wholeSeconds(since)
  );
}

function listed(
  header: string,
  validators: Validators,
  match: (a: EntityTag, b: EntityTag) => boolean,
): boolean {
  const tags = parseEntityTags(header);
  if (tags === '*') return true;
  const current = parseEntityTag(validators.etag ?? '');
  return current !== undefined && tags.some((tag) => match(tag, current));
}

function wholeSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

const SECOND = 1000;

/**
 * Whether Range may be obeyed, RFC 9110 section 13.1.5: the client's part must be of the very
 * file that is there now. Where this is false, the whole file is sent.
 *
 * @param header the value of If-Range.
 * @internal
 */
export function ifRangeHolds(
  header: string | undefined,
  validators: Validators,
  now: Date,
): boolean {
  if (header === undefined) return true;
  const tag = parseEntityTag(header);
  if (tag) {
    const current = parseEntityTag(validators.etag ?? '');
    return current !== undefined && strongMatch(tag, current);
  }
  const date = parseHttpDate(header, now);
  return date !== undefined && isSecond(date, validators.lastModified, now);
}

/**
 * Exactly the date, not a later one. While its second lasts, it is a weak validator (RFC 9110
 * section 8.8.2.2): the file may change once more and keep it.
 */
function isSecond(
  date: Date,
  lastModified: Date | undefined,
  now: Date,
): boolean {
  if (!lastModified) return false;
  const second = Math.floor(lastModified.getTime() / SECOND) * SECOND;
  return date.getTime() === second && second + SECOND <= now.getTime();
}
