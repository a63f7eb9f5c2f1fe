import { extname } from 'node:path';

import { lookup } from 'mime-types';

import { memoized } from './memoized.js';

/**
 * A media type as it goes over the wire: of its parameters only `charset` is kept.
 *
 * @internal
 */
export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly type: string;
  readonly charset?: string;
}

const UNKNOWN = 'application/octet-stream';

const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const TYPE = new RegExp(`(${TOKEN}/${TOKEN})`, 'y');
const PARAMETER = new RegExp(
  `[ \\t]*;[ \\t]*(?:(${TOKEN})=(?:(${TOKEN})|"((?:[\\t !#-\\[\\]-~\\x80-\\xFF]|\\\\[\\t -~\\x80-\\xFF])*)"))?`,
  'y',
);
const ONLY_TOKEN = new RegExp(`^${TOKEN}$`);

/**
 * What a browser runs for a `<script>`, a `<link rel="stylesheet">` or a module, whatever the
 * disposition: the JavaScript types of RFC 9239 section 6 with all legacy names that the WHATWG
 * MIME Sniffing standard lists, CSS and WebAssembly.
 */
const ACTIVE_CONTENT: ReadonlySet<string> = new Set([
  'application/ecmascript',
  'application/javascript',
  'application/node',
  'application/wasm',
  'application/x-ecmascript',
  'application/x-javascript',
  'text/css',
  'text/ecmascript',
  'text/javascript',
  'text/javascript1.0',
  'text/javascript1.1',
  'text/javascript1.2',
  'text/javascript1.3',
  'text/javascript1.4',
  'text/javascript1.5',
  'text/jscript',
  'text/livescript',
  'text/x-ecmascript',
  'text/x-javascript',
]);

/**
 * Parses a Content-Type by the grammar of RFC 9110 section 8.3.1, the whole of it: browsers make
 * something else of a list or of rubbish after the type, so what does not parse is no type at all.
 *
 * @internal
 */
export function parseMediaType(
  value: string | undefined,
): MediaType | undefined {
  return value === undefined ? undefined : (parsed(value) ?? undefined);
}

const parsed = memoized((value: string): Readonly<MediaType> | null => {
  const type = matchAt(TYPE, value, 0)?.[1];
  if (type === undefined || type.includes('*')) return null;
  let charset: string | undefined;
  for (let position = type.length; position < value.length;) {
    const parameter = matchAt(PARAMETER, value, position);
    if (!parameter) return null;
    // Browsers take the first charset where there are several.
    if (parameter[1]?.toLowerCase() === 'charset') {
      charset ??= parameter[2] ?? parameter[3]?.replace(/\\(.)/g, '$1');
    }
    position += parameter[0].length;
  }
  return mediaType(type, charset);
});

/**
 * The Content-Type field value, RFC 9110 section 8.3.
 *
 * @internal
 */
export function formatMediaType(media: MediaType): string {
  return media.charset === undefined
    ? media.type
    : `${media.type}; charset=${media.charset}`;
}

/**
 * The media type that a file's extension stands for; a name without one (`html`) has none.
 *
 * @internal
 */
export function mediaTypeOf(fileName: string): string | undefined {
  const extension = extname(fileName);
  return extension === '' ? undefined : typeOfExtension(extension);
}

const typeOfExtension = memoized((extension) => lookup(extension) || undefined);

/**
 * Whether a value can be the name of a charset (RFC 9110 section 8.3.2).
 *
 * @internal
 */
export function isCharset(value: unknown): value is string {
  return typeof value === 'string' && ONLY_TOKEN.test(value);
}

/**
 * Whether `charset` means something for this type: RFC 6838 section 4.2.1 defines it for text.
 *
 * @internal
 */
export function isText(type: string): boolean {
  return parseMediaType(type)?.type.startsWith('text/') ?? false;
}

/**
 * Whether a page can run a file of this type even when it is sent as an attachment.
 *
 * @internal
 */
export function isActiveContent(type: string): boolean {
  const media = parseMediaType(type);
  return media !== undefined && ACTIVE_CONTENT.has(media.type);
}

/**
 * The Content-Type for what an entity, a storage or a remote calls the type (RFC 9110 section
 * 8.3): what does not parse is application/octet-stream, and only text has a charset. A charset
 * of its own beats the type's parameter, unless it is no token.
 *
 * @internal
 */
export function contentTypeHeader(media: {
  type?: string;
  charset?: string;
  /** Of a text that has none otherwise. */
  assumedCharset?: string;
}): string {
  const parsed = parseMediaType(media.type) ?? { type: UNKNOWN };
  if (!isText(parsed.type)) return parsed.type;
  const own = mediaType(parsed.type, media.charset);
  if (own.charset !== undefined) return formatMediaType(own);
  return formatMediaType(
    parsed.charset === undefined
      ? mediaType(parsed.type, media.assumedCharset)
      : parsed,
  );
}

function mediaType(type: string, charset: string | undefined): MediaType {
  return isCharset(charset)
    ? { type: type.toLowerCase(), charset: charset.toLowerCase() }
    : { type: type.toLowerCase() };
}

function matchAt(
  pattern: RegExp,
  value: string,
  position: number,
): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(value);
}

/**
 * The media types that a browser may show in place. Exact names, no wildcards: `image/*` would
 * let SVG in, which is a document that runs script.
 *
 * @internal
 */
export const INLINE_TYPES: readonly string[] = [
  'image/apng',
  'image/avif',
  'image/bmp',
  'image/gif',
  'image/jpeg',
  'image/png',
  'image/vnd.microsoft.icon',
  'image/webp',
  'image/x-icon',
  'audio/aac',
  'audio/flac',
  'audio/mp4',
  'audio/mpeg',
  'audio/ogg',
  'audio/opus',
  'audio/wav',
  'audio/wave',
  'audio/webm',
  'audio/x-flac',
  'audio/x-m4a',
  'audio/x-wav',
  'video/mp4',
  'video/ogg',
  'video/quicktime',
  'video/webm',
  'video/x-m4v',
  'application/pdf',
  'text/plain',
];

/**
 * Whether a file of this Content-Type may have the disposition `inline` (RFC 6266 section 4.2);
 * every other goes out as an attachment. Case and parameters make no difference.
 *
 * @internal
 */
export function mayBeInline(
  contentType: string,
  allow: readonly string[] = INLINE_TYPES,
): boolean {
  const media = parseMediaType(contentType);
  return (
    media !== undefined &&
    allow.some((allowed) => allowed.toLowerCase() === media.type)
  );
}

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
