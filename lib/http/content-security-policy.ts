import { parseMediaType } from './media-type.js';

const LOCKED = "sandbox; default-src 'none'";

/** Browsers draw images and text in a page of their own, with a style sheet of their own. */
const SHOWN = `${LOCKED}; style-src 'unsafe-inline'`;

/** The player is a page that loads its file again: in a bare sandbox, as a stranger, it never plays. */
const PLAYED =
  "sandbox allow-same-origin; default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:";

/** Not every version of a browser starts its viewer in a sandbox; it runs apart from the page's origin anyway. */
const PDF =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/**
 * The Content-Security-Policy (CSP level 3, section 3.1) under which a file may be displayed:
 * nothing in it runs, and nothing is loaded but itself.
 *
 * @internal
 */
export function contentSecurityPolicy(
  contentType: string,
  disposition: 'attachment' | 'inline',
): string {
  if (disposition === 'attachment') return LOCKED;
  const type = parseMediaType(contentType)?.type;
  if (type === undefined) return LOCKED;
  if (type === 'application/pdf') return PDF;
  if (/^(?:audio|video)\//.test(type)) return PLAYED;
  if (/^(?:image|text)\//.test(type)) return SHOWN;
  return LOCKED;
}
