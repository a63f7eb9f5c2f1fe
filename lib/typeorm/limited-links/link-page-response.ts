import { Readable } from 'node:stream';

import { ContentFile } from '../../files/content-file.js';
import { DownloadResponse } from '../../responses/download-response.js';
import { type PlatformResponse } from '../../streaming/response-head.js';
import { PAGE_HEADERS } from './link-page.js';

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
