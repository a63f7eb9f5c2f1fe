import { type ServerProfile } from './server-profile.js';
import { encodedLocation } from './locate.js';
import { type PathRule } from './rules.js';

/**
 * The value of the offload header, or undefined where this server cannot be told the place.
 *
 * @param place where the files of the rule begin, with a slash at its end
 * @param segments the path below
 * @internal
 */
export function toldPlace(
  place: string,
  segments: readonly string[],
  {
    pathEncoding,
    untellable,
  }: Pick<ServerProfile<PathRule>, 'pathEncoding' | 'untellable'>,
): string | undefined {
  const text = place + segments.join('/');
  if (untellable?.test(text)) return undefined;
  // Node writes headers as Latin-1, which makes each of these characters one byte again.
  if (pathEncoding === 'raw') return Buffer.from(text).toString('latin1');
  const all = [...place.split('/').slice(1, -1), ...segments];
  return encodedLocation('/', all);
}
