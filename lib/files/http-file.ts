import { Readable } from 'node:stream';

import { type Dispatcher } from 'undici';

import { FileChangedError } from '../errors/file-changed.error.js';
import { FileNotFoundError } from '../errors/file-not-found.error.js';
import { quote } from '../errors/quote.js';
import { RemoteFileError } from '../errors/remote-file.error.js';
import { refuseSerialization } from '../errors/serialized-file.error.js';
import { type FileStat, type ReadWindow } from '../storages/file-stat.js';
import {
  type DownloadFile,
  type RemoteAnswer,
  type RemoteConditions,
} from './download-file.js';
import { allowedUrl } from './http-file-url.js';
import { askRemote } from './http-file-request.js';
import { isAnother, isRange, windowOf } from './http-file-window.js';
import { statOfHeaders } from './http-file-headers.js';

/**
 * Options of HttpFile.
 *
 * @publicApi
 */
export interface HttpFileOptions {
  /** What the client calls it; the last segment of the URL's path by default. */
  readonly name?: string;
  /** The servers that may be asked: `host` or `host:port`, compared exactly, no wildcards. */
  readonly allowedHosts: readonly string[];
  /** Milliseconds for connecting, for the headers, and between two pieces of the body; 30,000 by default. */
  readonly timeout?: number;
  /** Bytes; a larger file is refused, and cut where its size was not announced. No limit by default. */
  readonly maxSize?: number;
}

// A server that does not speak HEAD, or whose signed URL is for GET alone.
const HEAD_REFUSED = new Set([400, 403, 405, 501]);

/**
 * A file on another server, fetched by this application and passed on. Redirects are not followed,
 * nothing of the client's request goes there, and of the answer only what describes the file comes back.
 *
 * @publicApi
 */
export class HttpFile implements DownloadFile {
  readonly name: string;
  /** @throws SerializedFileError always: its fields are not for clients */
  readonly toJSON = refuseSerialization('An HttpFile');
  readonly url: string;
  readonly untrusted = true;
  readonly #address: URL;
  readonly #timeout: number;
  readonly #maxSize: number;

  /**
   * @throws RemoteFileError with reason `not-allowed` for another scheme than http and https, for a
   *   URL with credentials, and for a host that `allowedHosts` does not name
   */
  constructor(url: string, options: HttpFileOptions) {
    this.#address = allowedUrl(url, options.allowedHosts);
    this.url = this.#address.href;
    this.name = options.name ?? nameIn(this.#address);
    this.#timeout = options.timeout ?? 30_000;
    this.#maxSize = options.maxSize ?? Infinity;
  }

  async stat(): Promise<FileStat> {
    let answer = await this.#ask('HEAD');
    answer.body.destroy();
    if (HEAD_REFUSED.has(answer.statusCode)) {
      answer = await this.#ask('GET');
      answer.body.destroy();
    }
    return this.#statOf(answer);
  }

  async request({ signal }: RemoteConditions = {}): Promise<RemoteAnswer> {
    const answer = await this.#ask('GET', signal);
    try {
      const stat = this.#statOf(answer);
      return { status: 200, stat, stream: this.#limited(answer.body) };
    } catch (error) {
      answer.body.destroy();
      throw error;
    }
  }

  /** Only the window is asked for; of a server that knows no ranges the rest is thrown away. */
  async open(window: ReadWindow = {}): Promise<Readable> {
    const { start = 0, end, ifMatch, signal } = window;
    if (start === 0 && end === undefined) {
      return (await this.request({ signal })).stream;
    }
    const range = `bytes=${start}-${end ?? ''}`;
    const answer = await this.#ask('GET', signal, {
      range,
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
    });
    try {
      return this.#windowOf(answer, window);
    } catch (error) {
      answer.body.destroy();
      throw error;
    }
  }

  #ask(
    method: 'GET' | 'HEAD',
    signal?: AbortSignal,
    headers?: Record<string, string>,
  ): Promise<Dispatcher.ResponseData> {
    return askRemote(this.#address, method, this.#timeout, signal, headers);
  }

  #statOf({ statusCode, headers }: Dispatcher.ResponseData): FileStat {
    if (statusCode === 404 || statusCode === 410) {
      throw new FileNotFoundError(`${quote(this.url)} answered ${statusCode}`);
    }
    if (statusCode !== 200) {
      throw new RemoteFileError(
        'refused',
        `${quote(this.url)} answered ${statusCode}`,
      );
    }
    const stat = statOfHeaders(headers);
    if ((stat.size ?? 0) > this.#maxSize) throw this.#tooLarge();
    return stat;
  }

  #windowOf(
    answer: Dispatcher.ResponseData,
    { start = 0, end, ifMatch }: ReadWindow,
  ): Readable {
    const { statusCode, headers, body } = answer;
    if (statusCode === 412) throw this.#changed();
    const isPart = statusCode === 206;
    const { etag } = isPart ? statOfHeaders(headers) : this.#statOf(answer);
    if (isAnother(etag, ifMatch)) throw this.#changed();
    if (!isPart) return windowOf(body, start, end);
    if (!isRange(headers['content-range'], start, end)) {
      throw new RemoteFileError(
        'refused',
        `${quote(this.url)} answered another range than was asked for`,
      );
    }
    return body;
  }

  #limited(body: Readable): Readable {
    if (this.#maxSize === Infinity) return body;
    return Readable.from(this.#counted(body), { objectMode: false });
  }

  async *#counted(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let received = 0;
    for await (const chunk of body) {
      received += chunk.length;
      if (received > this.#maxSize) throw this.#tooLarge();
      yield chunk;
    }
  }

  #changed(): FileChangedError {
    return new FileChangedError(`${quote(this.url)} is another file now`);
  }

  #tooLarge(): RemoteFileError {
    return new RemoteFileError(
      'too-large',
      `${quote(this.url)} has more than maxSize (${this.#maxSize}) bytes`,
    );
  }
}

function nameIn(url: URL): string {
  const last = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
