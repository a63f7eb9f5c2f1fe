import { parseEntityTag, ifRangeHolds } from '../http/preconditions.js';
import { type FileStat } from '../storages/file-stat.js';
import { type RemoteConditions } from '../storages/remote-answer.js';

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
