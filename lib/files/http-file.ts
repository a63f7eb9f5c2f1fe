import { type Readable } from 'node:stream';

import { type Dispatcher } from 'undici';

import { checkNames, namesOf } from '../errors/check-options.js';
import {
  InvalidOptionsError,
  FileChangedError,
  RemoteFileError,
  nameAlone,
} from '../errors/download-errors.js';
import {
  type FileStat,
  type ReadWindow,
  type StatOptions,
} from '../storages/file-stat.js';
import {
  isOfSameFile,
  type RemoteAnswer,
  type RemoteConditions,
  conditionFields,
} from '../storages/remote-answer.js';
import { type DownloadFile } from './download-file.js';
import {
  readAnswer,
  begun,
  isAnother,
  limitedTo,
  windowOf,
} from './http-file-answer.js';
import { askRemote, discard, failureOf } from './http-file-request.js';
import { hostIn, allowedUrl, nameIn, shownUrl } from './http-file-url.js';

/**
 * Options of HttpFile.
 *
 * @publicApi
 */
export interface HttpFileOptions {
  /** What the client calls it; by default what the server calls it, else the last segment of the URL's path. */
  readonly name?: string;
  /**
   * The servers that may be asked, and redirected to: `host` or `host:port`, compared exactly, no wildcards.
   * One whose address is not public (loopback, private, link-local ...) is asked only where it stands here
   * with its port.
   */
  readonly allowedHosts: readonly string[];
  /**
   * Milliseconds for connecting, for the headers, and between two pieces of the body, each; 30,000 by
   * default. A client that takes nothing costs none of them.
   */
  readonly timeout?: number;
  /** Bytes; a larger file is refused, and cut where its size was not announced. No limit by default. */
  readonly maxSize?: number;
}

const OPTIONS = namesOf<HttpFileOptions>({
  name: true,
  allowedHosts: true,
  timeout: true,
  maxSize: true,
});

/** What an HttpFile does where nothing is said. */
export const DEFAULT_TIMEOUT = 30_000;

const HOST = /^(?:[^\s/?#@\\*%:[\]]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
// Timers of Node hold no more.
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/**
 * Checks the list of servers.
 *
 * @param owner whose option it is, for the message
 * @throws InvalidOptionsError for an empty list, and for what is no host or host:port
 * @internal
 */
export function checkAllowedHosts(owner: string, value: unknown): void {
  if (!Array.isArray(value) || value.length === 0) {
    throw new InvalidOptionsError(
      `${owner}.allowedHosts`,
      value,
      "Name the servers that may be asked: ['assets.example.com'].",
    );
  }
  value.forEach((host: unknown, index) => {
    if (typeof host === 'string' && isHost(host)) return;
    throw new InvalidOptionsError(
      `${owner}.allowedHosts[${index}]`,
      host,
      "Give host or host:port, without scheme, path and wildcards: 'assets.example.com', 'files.internal:9000'.",
    );
  });
}

/**
 * Checks how long is waited, and how much is taken.
 *
 * @param owner whose options they are, for the message
 * @throws InvalidOptionsError
 * @internal
 */
export function checkLimits(
  owner: string,
  { timeout, maxSize }: Pick<HttpFileOptions, 'timeout' | 'maxSize'>,
): void {
  checkTimeout(`${owner}.timeout`, timeout);
  checkMaxSize(`${owner}.maxSize`, maxSize);
}

function isHost(value: string): boolean {
  return HOST.test(value) && hostIn(value, 'https:') !== undefined;
}

function checkTimeout(option: string, value: unknown): void {
  if (
    value === undefined ||
    (typeof value === 'number' && value > 0 && value <= LONGEST_TIMEOUT)
  ) {
    return;
  }
  throw new InvalidOptionsError(
    option,
    value,
    `Give milliseconds, more than 0 and at most ${LONGEST_TIMEOUT}.`,
  );
}

function checkMaxSize(option: string, value: unknown): void {
  if (value === undefined || (typeof value === 'number' && value > 0)) return;
  throw new InvalidOptionsError(
    option,
    value,
    'Give bytes, more than 0, or leave it out for no limit.',
  );
}

// A server that does not speak HEAD, or whose signed URL is for GET alone.
const HEAD_REFUSED = new Set([400, 403, 405, 501]);

/**
 * A file on another server, fetched by this application and passed on. Nothing of the client's request goes
 * there but one range and what it knows of the file, and of the answer only what describes the file comes
 * back. Redirects are followed up to five times, to hosts of `allowedHosts` alone.
 *
 * @publicApi
 */
export class HttpFile implements DownloadFile {
  readonly name: string;
  /** Its name, and nothing else: fields of it are not for clients. */
  readonly toJSON = nameAlone;
  readonly untrusted = true;
  /** @internal */
  readonly isOfOrigin = true;
  readonly #address: URL;
  readonly #options: HttpFileOptions;
  readonly #maxSize: number;

  /**
   * @throws InvalidOptionsError
   * @throws RemoteFileError with reason `not-allowed` for another scheme than http and https, for a
   *   URL with credentials, for a host that `allowedHosts` does not name, and for an address that is not
   *   public and not named there with its port
   */
  constructor(url: string, options: HttpFileOptions) {
    // Called from JavaScript, it may lack them altogether.
    const given: Partial<HttpFileOptions> | undefined = options;
    checkAllowedHosts('HttpFile', given?.allowedHosts);
    checkNames('HttpFile', options, OPTIONS, '{ allowedHosts: [...] }');
    checkLimits('HttpFile', options);
    this.#address = allowedUrl(url, options.allowedHosts);
    this.name = options.name ?? nameIn(this.#address);
    this.#options = options;
    this.#maxSize = options.maxSize ?? Infinity;
  }

  // A getter: what takes objects apart, as class-transformer does, does not see it.
  get url(): string {
    return this.#address.href;
  }

  get hasOwnBytes(): boolean {
    return this.open !== HttpFile.prototype.open;
  }

  async stat({ signal }: StatOptions = {}): Promise<FileStat> {
    let answer = await this.#ask('HEAD', signal);
    if (HEAD_REFUSED.has(answer.statusCode)) {
      discard(answer);
      answer = await this.#ask('GET', signal);
    }
    discard(answer);
    return this.#read(answer).stat;
  }

  /**
   * Asks once, by GET. A server that sends a part of another file than `ifRange` names is asked for the
   * whole of it.
   */
  async request(conditions: RemoteConditions = {}): Promise<RemoteAnswer> {
    const { signal, ifRange } = conditions;
    const answer = await this.#ask('GET', signal, conditionFields(conditions));
    const read = this.#readOrDiscard(answer, conditions);
    if (!isOfSameFile(read, ifRange)) {
      discard(answer);
      return this.request({
        ...conditions,
        range: undefined,
        ifRange: undefined,
      });
    }
    if (read.status === 304 || read.status === 416) {
      discard(answer);
      return read;
    }
    return { ...read, stream: await this.#begun(read.stream) };
  }

  /** Only the window is asked for; of a server that knows no ranges the rest is thrown away. */
  async open(window: ReadWindow = {}): Promise<Readable> {
    const { start = 0, end, ifMatch, signal } = window;
    const isWhole = start === 0 && end === undefined;
    const range = isWhole ? undefined : `bytes=${start}-${end ?? ''}`;
    const answer = await this.#ask('GET', signal, {
      ...(range !== undefined && { range }),
      ...(!isWhole && ifMatch !== undefined && { 'if-match': ifMatch }),
    });
    const { status, stream } = this.#readOrDiscard(answer, { range }, ifMatch);
    if (status === 416) {
      discard(answer);
      throw this.#changed();
    }
    const bytes = await this.#begun(stream);
    return status === 206 || isWhole ? bytes : windowOf(bytes, start, end);
  }

  #ask(
    method: 'GET' | 'HEAD',
    signal?: AbortSignal,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Dispatcher.ResponseData> {
    const { allowedHosts, timeout = DEFAULT_TIMEOUT } = this.#options;
    const asked = { method, headers, allowedHosts, timeout, signal };
    return askRemote(this.#address, asked);
  }

  #readOrDiscard(
    answer: Dispatcher.ResponseData,
    conditions: RemoteConditions,
    ifMatch?: string,
  ): RemoteAnswer {
    try {
      if (ifMatch !== undefined && answer.statusCode === 412) {
        throw this.#changed();
      }
      const read = this.#read(answer, conditions);
      if (isAnother(read.stat.etag, ifMatch)) throw this.#changed();
      return read;
    } catch (error) {
      discard(answer);
      throw error;
    }
  }

  #read(
    answer: Dispatcher.ResponseData,
    conditions: RemoteConditions = {},
  ): RemoteAnswer {
    const read = readAnswer(answer, conditions, shownUrl(this.#address));
    const { status, stat, range } = read;
    const size = stat.size ?? (range && range.end - range.start + 1) ?? 0;
    if (status !== 416 && size > this.#maxSize) throw this.#tooLarge();
    const name = this.#options.name === undefined ? stat.name : undefined;
    return { ...read, stat: { ...stat, name } };
  }

  async #begun(stream: Readable): Promise<Readable> {
    const limited = limitedTo(this.#maxSize, stream, () => this.#tooLarge());
    try {
      return await begun(limited);
    } catch (error) {
      limited.destroy();
      throw failureOf(this.#address, error);
    }
  }

  #changed(): FileChangedError {
    return new FileChangedError(
      `${shownUrl(this.#address)} is another file now`,
    );
  }

  #tooLarge(): RemoteFileError {
    return new RemoteFileError(
      'too-large',
      `${shownUrl(this.#address)} has more than maxSize (${this.#maxSize}) bytes`,
    );
  }
}
