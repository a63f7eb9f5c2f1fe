import {
  parseEntityTag,
  parseEntityTags,
  strongMatch,
  weakMatch,
  type EntityTag,
} from './entity-tag.js';
import { parseHttpDate } from './http-date.js';

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
