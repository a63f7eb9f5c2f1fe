import { type IncomingHttpHeaders } from 'node:http';

import {
  ifRangeHolds,
  evaluatePreconditions,
  modifiedSince,
  type Validators,
} from '../../http/preconditions.js';
import { type ByteRange, rangesOf } from '../../http/range.js';

const STATUS = {
  proceed: 200,
  'not-modified': 304,
  'precondition-failed': 412,
} as const;

/**
 * The status by which a server answers conditions that goes by RFC 9110 section 13.2.2.
 *
 * @internal
 */
export function toldStatus(
  headers: IncomingHttpHeaders,
  validators: Validators,
): 200 | 304 | 412 {
  const outcome = evaluatePreconditions(headers, validators);
  if (typeof outcome === 'string') return STATUS[outcome];
  const { lastModified } = validators;
  return modifiedSince(lastModified, outcome.ifModifiedSince) ? 200 : 304;
}

/**
 * The ranges that a server sends that goes by RFC 9110 section 14.2.
 *
 * @returns undefined for the whole file, no ranges for 416
 * @internal
 */
export function toldRanges(
  headers: IncomingHttpHeaders,
  validators: Validators,
  size: number,
): readonly ByteRange[] | undefined {
  if (!ifRangeHolds(headers['if-range']?.toString(), validators, new Date())) {
    return undefined;
  }
  const ranges = rangesOf(headers.range, size);
  if (ranges === 'ignore') return undefined;
  return ranges === 'unsatisfiable' ? [] : ranges;
}
