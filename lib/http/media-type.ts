import { extname } from 'node:path';
import { lookup } from 'mime-types';

import { remembered } from './remembered.js';

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

const parsed = remembered((value: string): Readonly<MediaType> | null => {
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

const typeOfExtension = remembered(
  (extension) => lookup(extension) || undefined,
);

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
}): string {
  const parsed = parseMediaType(media.type) ?? { type: UNKNOWN };
  if (!isText(parsed.type)) return parsed.type;
  const own = mediaType(parsed.type, media.charset);
  return formatMediaType(own.charset === undefined ? parsed : own);
}

function mediaType(type: string, charset: string | undefined): MediaType {
  return charset !== undefined && ONLY_TOKEN.test(charset)
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
