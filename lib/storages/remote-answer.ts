import { type Readable } from 'node:stream';

import { parseEntityTag, ifRangeHolds } from '../http/preconditions.js';
import { type FileStat } from './file-stat.js';

/**
 * What an origin of its own is asked for, in the words of RFC 9110. Only what it can judge is in it: no tag
 * and no date that somebody else has given the file.
 *
 * @publicApi
 */
export interface RemoteConditions {
  readonly signal?: AbortSignal;
  /** One range: `bytes=0-99`, `bytes=100-` or `bytes=-100`. */
  readonly range?: string;
  /** Only with `range`: a strong tag or a date. Where the file has another, the whole of it is wanted. */
  readonly ifRange?: string;
  /** Tags, or `*`: where the file has one of them, 304 is wanted. */
  readonly ifNoneMatch?: string;
  /** A date: where the file has not changed since, 304 is wanted. */
  readonly ifModifiedSince?: string;
}

/**
 * What an origin of its own answered.
 *
 * @publicApi
 */
export interface RemoteAnswer {
  /** 200; 206 and 416 only where a range was asked for, and 304 only where a condition was given. */
  readonly status: number;
  /** The facts about the whole file, as far as the answer has them. */
  readonly stat: FileStat;
  /** With 206, and never without: the bytes that `stream` has. */
  readonly range?: {
    readonly start: number;
    readonly end: number; /* inclusive */
  };
  /** Empty with 304 and 416. */
  readonly stream: Readable;
}

/**
 * Whether a part, or that there is none, is said of the file that If-Range names: not every server that
 * knows ranges knows If-Range (RFC 9110 13.1.5). A date that is not told was judged by the server, and so
 * was a 416 that says nothing of the file.
 *
 * @internal
 */
export function isOfSameFile(
  {
    status,
    stat: { etag, lastModified },
  }: Pick<RemoteAnswer, 'status' | 'stat'>,
  ifRange: string | undefined,
  now: Date = new Date(),
): boolean {
  if (ifRange === undefined || (status !== 206 && status !== 416)) return true;
  const isByTag = parseEntityTag(ifRange) !== undefined;
  const isKnown = lastModified !== undefined || (isByTag && etag !== undefined);
  if (!isKnown && (status === 416 || !isByTag)) return true;
  return ifRangeHolds(ifRange, { etag, lastModified }, now);
}

/**
 * The conditions of a client as far as the origin of a file can judge them: a tag and a date that somebody
 * else gives the file mean nothing there. If-Range with one of those is judged here and now.
 *
 * @param own the facts that do not come from the origin
 * @internal
 */
export function conditionsForOrigin(
  conditions: RemoteConditions,
  own: Pick<FileStat, 'etag' | 'lastModified'>,
  now: Date = new Date(),
): RemoteConditions {
  const hasTag = own.etag !== undefined;
  const hasDate = own.lastModified !== undefined;
  const { range, ifRange, ifNoneMatch, ifModifiedSince, signal } = conditions;
  const isByTag =
    ifRange !== undefined && parseEntityTag(ifRange) !== undefined;
  const isForOrigin = ifRange === undefined || !(isByTag ? hasTag : hasDate);
  const holds = isForOrigin || ifRangeHolds(ifRange, own, now);
  return {
    signal,
    range: holds ? range : undefined,
    ifRange: isForOrigin ? ifRange : undefined,
    ifNoneMatch: hasTag ? undefined : ifNoneMatch,
    ifModifiedSince: hasDate ? undefined : ifModifiedSince,
  };
}

/**
 * Conditions as header fields.
 *
 * @internal
 */
export function conditionFields({
  range,
  ifRange,
  ifNoneMatch,
  ifModifiedSince,
}: RemoteConditions): Readonly<Record<string, string>> {
  return {
    ...(range !== undefined && { range }),
    ...(range !== undefined &&
      ifRange !== undefined && { 'if-range': ifRange }),
    ...(ifNoneMatch !== undefined && { 'if-none-match': ifNoneMatch }),
    ...(ifModifiedSince !== undefined && {
      'if-modified-since': ifModifiedSince,
    }),
  };
}
