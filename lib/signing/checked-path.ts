import { InvalidOptionsError } from '../errors/download-errors.js';
import { kindOf } from '../errors/quote.js';
import { refuseReserved } from './link-parameters.js';
import { asLink, urlParts } from './url-parts.js';

const ACCEPTED =
  "Give the public path, global prefix included, without '#', '.' and '..' segments: '/files/report.pdf'.";

/**
 * The path that a link is to be made for, as it stands in the link.
 *
 * @throws InvalidOptionsError for what browsers would ask another path for, or for what has our names in
 *   its query
 * @internal
 */
export function checkedPath(path: string): string {
  if (typeof path !== 'string') throw refused(path);
  // A browser takes the host from the first, and drops what stands behind the second.
  if (/^\/[/\\]|#|\p{Cs}/u.test(path)) throw refused(path);
  const link = asLink(path);
  const parts = urlParts(link);
  if (!parts?.segments.every(isNoDots)) throw refused(path);
  refuseReserved(parts.pairs);
  return link;
}

/** Without the query: it may hold a signature that works. */
function refused(path: unknown): InvalidOptionsError {
  const given =
    typeof path === 'string' ? path.replace(/\?.*$/s, '?…') : kindOf(path);
  return new InvalidOptionsError('sign().path', given, ACCEPTED);
}

function isNoDots(segment: string): boolean {
  return segment !== '.' && segment !== '..';
}
