import { extname } from 'node:path';

import { lookup } from 'mime-types';

// Most names: nothing in them needs a closer look, unless Windows takes them for a device.
const PLAIN = /^[A-Za-z0-9_-]+(?:[ .][A-Za-z0-9_-]+)*$/;
const MAX_BYTES = 255;
const MAX_EXTENSION_CHARACTERS = 20;
const NOTHING_LEFT = 'download';

/** Control, separator, bidi, zero-width and lone-surrogate characters, and the colon of NTFS streams. */
const UNSAFE =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061C\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB:]/gu;

/**
 * The zero-width joiners are spelling inside a Persian word and inside a composed emoji;
 * anywhere else they are only invisible.
 */
const STRAY_JOINER =
  /(?<!(?![ -~])[\p{L}\p{M}\p{S}])[\u200C\u200D]|[\u200C\u200D](?!(?![ -~])[\p{L}\p{M}\p{S}])/gu;

/** The lookbehind lets each run be tried once, so that a long one inside the name costs no more than its length. */
const TRAILING = /(?<![\s.\u200C\u200D])[\s.\u200C\u200D]+$/u;

/** Windows takes these for devices with any extension, and with blanks before it. */
const DEVICE =
  /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00B9\u00B2\u00B3])\s*(?:\.|$)/iu;

/**
 * The name under which a client may safely save a file: RFC 6266 section 4.3 asks for the last
 * path segment only, and for names that are neither hidden orders to a file system nor disguised.
 *
 * Applying it twice changes nothing more. Unicode is not normalised: a name means what it is.
 *
 * @internal
 */
export function cleanFileName(name: string): string {
  if (isPlainFileName(name)) return name;
  const cleaned = lastSegment(name)
    .replace(UNSAFE, '')
    .replace(STRAY_JOINER, '')
    .replace(TRAILING, '')
    .trimStart();
  // Cutting can lay a device name bare, and the prefix can make the name too long again.
  return cut(withoutDevice(cut(cleaned))) || NOTHING_LEFT;
}

/**
 * Whether a name can be saved everywhere as it is, and holds nothing but ASCII.
 *
 * @internal
 */
export function isPlainFileName(name: string): boolean {
  return name.length <= MAX_BYTES && PLAIN.test(name) && !DEVICE.test(name);
}

/** What would make a path of a title, or a stream of NTFS. */
const OF_PATHS = /[/\\:]/g;

/**
 * The file name for a title that the application gives: `INV/2026/00042.pdf` and `Meeting 10:30.pdf` are
 * titles, and no paths.
 *
 * @internal
 */
export function titleFileName(title: string): string {
  return cleanFileName(title.replace(OF_PATHS, '_'));
}

/**
 * A title with the extension of the file that it is given to, where it has none that says what the file is.
 *
 * @param fileName what the file itself is called
 * @internal
 */
export function titleWithExtension(title: string, fileName: string): string {
  const cleaned = titleFileName(title);
  return lookup(extname(cleaned)) ? cleaned : cleaned + extname(fileName);
}

function lastSegment(name: string): string {
  return name.split(/[/\\]/).findLast((segment) => segment !== '') ?? '';
}

function withoutDevice(name: string): string {
  return DEVICE.test(name) ? `_${name}` : name;
}

/** Cuts the stem, so that the extension still tells what the file is. */
function cut(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name;
  const extension = extensionOf(name);
  const stem = name.slice(0, name.length - extension.length);
  const room = MAX_BYTES - Buffer.byteLength(extension);
  return (
    (firstBytes(stem, room).replace(TRAILING, '') || NOTHING_LEFT) + extension
  );
}

function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 ? name.slice(dot) : '';
  return [...extension].length <= MAX_EXTENSION_CHARACTERS ? extension : '';
}

/** `encodeInto` stops before a code point that does not fit, so none is ever split. */
function firstBytes(text: string, limit: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(limit));
  return text.slice(0, read);
}

const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const TYPE = new RegExp(`^[ \\t]*${TOKEN}[ \\t]*(?=;|$)`);
const PARAMETER = new RegExp(
  `;[ \\t]*(?:(${TOKEN})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\[^])*)"|([^ \\t;"]+))[ \\t]*)?`,
  'y',
);
const EXTENDED = /^(utf-8|iso-8859-1)'[^']*'((?:[^%']|%[0-9a-f]{2})*)$/i;
const NO_NAME = /^[\s.]*$/;

/**
 * The file name that a Content-Disposition gives (RFC 6266 section 4.3), the last path segment of it:
 * `filename*` (RFC 8187) before `filename`, whose bytes are taken for UTF-8 where they are that.
 *
 * @param value with a character for each byte
 * @returns undefined where there is none that can be read
 * @internal
 */
export function receivedFileName(
  value: string | undefined,
): string | undefined {
  const parameters = parametersOf(value ?? '');
  const plain = parameters.get('filename');
  const name =
    extendedName(parameters.get('filename*')) ??
    (plain === undefined ? undefined : textOfBytes(plain));
  const last = name?.split(/[/\\]/).at(-1) ?? '';
  return NO_NAME.test(last) ? undefined : last;
}

/**
 * The text that the bytes of a field mean: UTF-8, or what is none in ISO-8859-1.
 *
 * @param value with a character for each byte
 * @internal
 */
export function textOfBytes(value: string): string {
  return utf8Of(Buffer.from(value, 'latin1')) ?? value;
}

/** Up to the first that cannot be read; of one that is there twice the first counts. */
function parametersOf(value: string): Map<string, string> {
  const parameters = new Map<string, string>();
  const type = TYPE.exec(value);
  if (!type) return parameters;
  PARAMETER.lastIndex = type[0].length;
  for (
    let match = PARAMETER.exec(value) as (string | undefined)[] | null;
    match;
    match = PARAMETER.exec(value)
  ) {
    const [, name, quoted, token] = match;
    const text = quoted?.replace(/\\([^])/g, '$1') ?? token;
    const key = name?.toLowerCase();
    if (key !== undefined && text !== undefined && !parameters.has(key)) {
      parameters.set(key, text);
    }
  }
  return parameters;
}

function extendedName(value: string | undefined): string | undefined {
  const match = EXTENDED.exec(value ?? '');
  if (!match) return undefined;
  const [, charset = '', encoded = ''] = match;
  const bytes = Buffer.from(
    encoded.replace(/%(..)/g, (_, hex: string) =>
      String.fromCharCode(parseInt(hex, 16)),
    ),
    'latin1',
  );
  return charset.toLowerCase() === 'utf-8'
    ? utf8Of(bytes)
    : bytes.toString('latin1');
}

function utf8Of(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', {
      fatal: true,
      ignoreBOM: true,
    }).decode(bytes);
  } catch {
    return undefined;
  }
}

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
