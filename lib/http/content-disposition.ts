import { cleanFileName, isPlainFileName } from './file-name.js';

/**
 * The Content-Disposition field value of RFC 6266 section 4, with both spellings of the name:
 * `filename` for old clients, `filename*` (RFC 8187) for all others, which prefer it.
 *
 * @internal
 */
export function contentDisposition(
  type: 'attachment' | 'inline',
  name: string,
): string {
  if (isPlainFileName(name)) {
    return `${type}; filename="${name}"; filename*=UTF-8''${name.replaceAll(' ', '%20')}`;
  }
  const cleaned = cleanFileName(name);
  return `${type}; filename="${asciiFallback(cleaned)}"; filename*=${extendedValue(cleaned)}`;
}

/**
 * RFC 6266 section 4.3 and appendix D: ASCII only, no quote or backslash (clients disagree on
 * escapes), and no `%XX` (some clients decode it).
 */
function asciiFallback(name: string): string {
  const ascii = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    // Hangul only: NFKD took each syllable apart, and one underscore a letter is enough.
    .normalize('NFC')
    .replace(/[^ -~]|["\\/:]/gu, '_');
  // Compatibility characters can turn into dots, blanks or a device name.
  const cleaned = withStem(cleanFileName(ascii), name);
  return cleaned.replace(/%(?=[0-9a-f]{2})/gi, '_');
}

/** A name that was not a dotfile must not become one, or the client hides or renames it. */
function withStem(ascii: string, name: string): string {
  return ascii.startsWith('.') && !name.startsWith('.')
    ? cleanFileName(`_${ascii}`)
    : ascii;
}

/** RFC 8187 section 3.2.1 `ext-value`: attr-char stays, every other byte of UTF-8 is encoded. */
function extendedValue(name: string): string {
  return `UTF-8''${name.replace(/[^\w!#$&+.^`|~-]/gu, percentEncoded)}`;
}

function percentEncoded(character: string): string {
  return Buffer.from(character)
    .toString('hex')
    .toUpperCase()
    .replace(/../g, '%$&');
}
