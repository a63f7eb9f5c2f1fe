import { Readable } from 'node:stream';

import { ContentFile } from '../../files/content-file.js';
import { DownloadResponse } from '../../responses/download-response.js';
import { type PlatformResponse } from '../../streaming/response-head.js';
import { type LimitedLink } from './limited-link.entity.js';

/**
 * What a page says that asks before a use is counted.
 *
 * @publicApi
 */
export interface LimitedLinkPage {
  /** What the client will call the file. */
  readonly name: string;
  /** Bytes, where they are known. */
  readonly size?: number;
  readonly link: LimitedLink;
  /** Until when this client may go on with the download; there only where it has begun one. */
  readonly continuedUntil?: Date;
}

/**
 * Headers of the page. Nobody keeps it, finds it, frames it, or is told its address; it runs no script.
 *
 * @internal
 */
export const PAGE_HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; " +
    "frame-ancestors 'none'; base-uri 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Robots-Tag': 'noindex, nofollow',
} as const;

/**
 * The page as HTML. Its form has no address: it goes to the page's own, signature included.
 *
 * @internal
 */
export function linkPage({
  name,
  size,
  link,
  continuedUntil,
}: LimitedLinkPage): string {
  const bytes = size === undefined ? '' : `<p>${sizeText(size)}</p>`;
  const uses = continuedUntil ? begunText(continuedUntil) : usesText(link);
  const button = continuedUntil ? 'Continue the download' : 'Download';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(name)}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 15vh auto 0; padding: 0 1rem; }
h1 { font-size: 1.25rem; overflow-wrap: anywhere; }
button { font: inherit; padding: 0.5rem 1.5rem; }
</style>
</head>
<body>
<h1><bdi>${escaped(name)}</bdi></h1>
${bytes}
${uses}
<form method="post"><button>${button}</button></form>
</body>
</html>
`;
}

function usesText({ maxUses, used }: LimitedLink): string {
  if (maxUses === null) return '';
  const left = maxUses - used;
  const works = left === 1 ? 'once more' : `${left} more times`;
  return (
    `<p>This link works ${works}. If the download breaks off, come back here with the same browser, ` +
    'and continue.</p>'
  );
}

const UTC = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'UTC',
});

function begunText(until: Date): string {
  return (
    '<p>You have used this link. The download can be continued until ' +
    `<time datetime="${until.toISOString()}">${UTC.format(until)} UTC</time>.</p>`
  );
}

function sizeText(size: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(
    Math.max(0, Math.floor(Math.log10(size || 1) / 3)),
    units.length - 1,
  );
  const number = size / 1000 ** power;
  const digits = power === 0 || number >= 10 ? 0 : 1;
  return `${number.toFixed(digits)} ${units[power]}`;
}

function escaped(text: string): string {
  return text.replace(
    /[&<>"']/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}

/**
 * Answers by a page, whatever headers the application has set for all its answers.
 *
 * @internal
 */
export function pageAnswer(
  html: string,
  response: PlatformResponse,
): DownloadResponse {
  for (const [name, value] of Object.entries(PAGE_HEADERS)) {
    response.removeHeader(name);
    response.setHeader(name, value);
  }
  return new LinkPageResponse(html);
}

/**
 * A page in place of the download. A stream, as that would be: caches and the like let it pass.
 */
class LinkPageResponse extends DownloadResponse {
  readonly #bytes: Buffer;
  #page?: Readable;

  constructor(html: string) {
    super(new ContentFile(html, { name: 'page.html' }));
    this.#bytes = Buffer.from(html);
  }

  override get isReady(): boolean {
    return true;
  }

  override getStream(): Readable {
    this.#page ??= Readable.from([this.#bytes], { objectMode: false });
    return this.#page;
  }

  override getHeaders(): ReturnType<DownloadResponse['getHeaders']> {
    return {
      type: 'text/html; charset=utf-8',
      disposition: undefined,
      length: this.#bytes.length,
    };
  }
}
