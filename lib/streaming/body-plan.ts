import { type IncomingHttpHeaders } from 'node:http';

import { ifRangeHolds } from '../http/preconditions.js';
import {
  type MultipartPlan,
  planMultipart,
  randomBoundary,
  type ByteRange,
  rangesOf,
} from '../http/range.js';
import { type DownloadDescription } from '../responses/describe.js';

/**
 * Which bytes of a file the answer to a GET carries (RFC 9110 14.2).
 *
 * @internal
 */
export type BodyPlan =
  | { readonly kind: 'whole' }
  | { readonly kind: 'range'; readonly range: ByteRange }
  | { readonly kind: 'multipart'; readonly multipart: MultipartPlan }
  | { readonly kind: 'unsatisfiable' };

/**
 * Of a file that has what is asked for.
 *
 * @internal
 */
export type SatisfiablePlan = Exclude<BodyPlan, { kind: 'unsatisfiable' }>;

const WHOLE: BodyPlan = { kind: 'whole' };

/**
 * Decides from values.
 *
 * @param most how many ranges are served in one answer; past that it is the whole file
 * @internal
 */
export function planBody(
  headers: IncomingHttpHeaders,
  description: DownloadDescription,
  most: number,
  now: Date = new Date(),
): BodyPlan {
  const { size, contentType } = description;
  if (
    size === undefined ||
    headers.range === undefined ||
    !ifRangeHolds(headers['if-range']?.toString(), description, now)
  ) {
    return WHOLE;
  }
  const ranges = rangesOf(headers.range, size, most);
  if (ranges === 'ignore') return WHOLE;
  if (ranges === 'unsatisfiable') return { kind: 'unsatisfiable' };
  const [range, second] = ranges;
  if (range === undefined) return WHOLE;
  if (second === undefined) return { kind: 'range', range };
  return {
    kind: 'multipart',
    multipart: planMultipart(ranges, size, contentType, randomBoundary()),
  };
}
