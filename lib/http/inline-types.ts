import { parseMediaType } from './media-type.js';

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
