import { Readable } from 'node:stream';

import { StreamableFile } from '@nestjs/common';

import { checkNames } from '../errors/check-options.js';
import {
  type FileNotFoundError,
  InvalidOptionsError,
  becomesJson,
  shapeOf,
} from '../errors/download-errors.js';
import {
  DescribedFile,
  type DownloadFile,
  isDownloadFile,
} from '../files/download-file.js';
import { joinedStream } from '../files/virtual-file-source.js';
import { andThen, type Awaitable } from '../storages/awaitable.js';
import { type FileStat } from '../storages/file-stat.js';
import { isEtagKind } from '../storages/etag-choice.js';
import { clientName, describe, type DownloadDescription } from './describe.js';
import {
  type Described,
  type DownloadBackend,
  type ProxiableDownload,
} from './download-backend.js';
import { type ConcurrentOptions } from './concurrent-options.js';
import {
  type Announced,
  announcedBy,
  type Presentation,
  PRESENTATION_OPTIONS,
  type PresentationDefaults,
} from './presentation.js';
import { checkHeaders } from './response-headers.js';

/**
 * What Nest needs of an answer that is decided.
 *
 * @internal
 */
export interface DecidedAnswer {
  readonly stream: Readable;
  getHeaders(): ReturnType<StreamableFile['getHeaders']>;
  /** Somebody has turned the response into JSON. */
  wasSerialized(): void;
  /** Answers in place of a stream that failed before its first byte. */
  sendError(error: Error): void;
  /**
   * The handler keeps its response for other requests. When one of those is over, Nest destroys what the
   * handler returned, and that is still on its way to somebody else.
   */
  outliveNest(): void;
}

type KnownFacts = Omit<Described, 'description'> & { readonly stat: FileStat };

class NoStream extends Readable {
  override on(): this {
    return this;
  }
}

/**
 * StreamableFile wants a stream when it is made, and listens to it. A DownloadResponse makes its own later:
 * this one stands in for all of them, so it keeps no listener.
 *
 * @internal
 */
export const noStream = new NoStream();

/**
 * Options of DownloadResponse.
 *
 * @publicApi
 */
export interface DownloadResponseOptions extends Presentation {
  /** A backend of its own, in place of the configured one. */
  readonly backend?: DownloadBackend;
  /**
   * How many downloads may go on at once for one client; by default as the module says. One object for all that
   * count together.
   */
  readonly concurrent?: ConcurrentOptions;
  /** Makes the answer where the file turns out to be missing; by default 404. */
  readonly fileNotFound?: (error: FileNotFoundError) => never;
}

const OPTIONS = new Set([...PRESENTATION_OPTIONS, 'fileNotFound']);

/** One is made for each request: what is right is found to be so here, and anything else is told in full. */
function isKnown(options: unknown): boolean {
  if (typeof options !== 'object' || options === null) return false;
  for (const name in options) {
    if (!OPTIONS.has(name)) return false;
  }
  return true;
}

/**
 * A file and its presentation: what a handler returns, and what interceptors get to see. It is a
 * StreamableFile, so that whatever lets those pass lets it pass; nothing is opened or read until Nest
 * replies.
 *
 * ```ts
 * return new DownloadResponse(new LocalFile('/srv/legal/terms.pdf'), { attachment: false });
 * ```
 *
 * @publicApi
 */
export class DownloadResponse
  extends StreamableFile
  implements ProxiableDownload
{
  /** What the handler gave. */
  readonly #given: DownloadFile;
  /** The same with a tag and a date that the application announces, which are judged then. */
  #file: DownloadFile;
  readonly #presentation: DownloadResponseOptions;
  #defaults?: PresentationDefaults;
  #described?: {
    readonly withTag: boolean;
    readonly known: Awaitable<Described>;
  };
  #bound?: FileStat;
  #size?: number;
  #stream?: Readable;
  #isTaken = false;
  #isKept = false;
  #answer?: DecidedAnswer;

  /**
   * @throws InvalidOptionsError for what is no file wrapper, for an option that is unknown, and for headers that
   *   must not be set
   */
  constructor(file: DownloadFile, options: DownloadResponseOptions = {}) {
    super(noStream);
    if (!isDownloadFile(file)) {
      throw new InvalidOptionsError(
        'DownloadResponse.file',
        shapeOf(file),
        'Give a file wrapper: new LocalFile(path), new StorageFile(storage, key) ...',
      );
    }
    if (!isKnown(options)) {
      checkNames('DownloadResponse', options, OPTIONS, '{ attachment: false }');
    }
    if (options.headers) checkHeaders(options.headers);
    this.#given = file;
    this.#file = file;
    this.#presentation = options;
    const { headers, etag, lastModified } = options;
    if (headers || etag !== undefined || lastModified) {
      this.announce(announcedBy(options));
    }
  }

  // Getters: what takes objects apart, as class-transformer does, sees no path.
  get file(): DownloadFile {
    return this.#file;
  }

  get presentation(): DownloadResponseOptions {
    return this.#presentation;
  }

  /** Bytes a second that the client gets at most; false for no limit, undefined where nobody says. */
  get limitRate(): number | false | undefined {
    return this.#presentation.limitRate ?? this.#defaults?.limitRate;
  }

  /**
   * Whether Nest gets it as it is: something else in place of the download, such as a page that asks first.
   *
   * @internal
   */
  get isReady(): boolean {
    return false;
  }

  /**
   * The response for one request: itself at first, a copy where a handler keeps one and returns it again.
   *
   * @internal
   */
  forOneRequest(): DownloadResponse {
    if (this.#isTaken) {
      this.#isKept = true;
      this.#answer?.outliveNest();
      return new DownloadResponse(
        this.#given,
        this.presentation,
      ).forOneRequest();
    }
    this.#isTaken = true;
    return this;
  }

  /**
   * From now on Nest gets this answer.
   *
   * @internal
   */
  answerBy(answer: DecidedAnswer): this {
    this.#answer = answer;
    if (this.#isKept) answer.outliveNest();
    this.setErrorLogger(() => undefined);
    return this.setErrorHandler((error) => answer.sendError(error));
  }

  /**
   * What the application says once for all its downloads; told by the module's interceptor.
   *
   * @internal
   */
  setDefaults(defaults: PresentationDefaults): void {
    this.#defaults = defaults;
    const { etag } = this.#presentation;
    if (etag !== undefined && isEtagKind(etag)) this.file.tagBy?.({ etag });
    if (defaults.tags) this.file.tagBy?.(defaults.tags);
  }

  /**
   * Takes a tag and a date that the application has set itself: what clients are told is what their conditions
   * are held against (RFC 9110 13.1).
   *
   * @internal
   */
  announce({ etag, lastModified }: Announced): void {
    if (etag === undefined && lastModified === undefined) return;
    const { untrusted = false } = this.#file;
    const described = new DescribedFile(
      this.#file,
      { etag, lastModified },
      untrusted,
    );
    this.#file = described;
    this.#described = undefined;
    this.#bound = undefined;
  }

  /**
   * What is known of the download before a byte is read: name, type, headers. The file is asked once.
   *
   * @throws FileNotFoundError where there is no such file
   */
  async describe(): Promise<DownloadDescription> {
    const { description } = await this.described();
    // A copy: the library's own is that of the next request, too.
    return {
      ...description,
      lastModified:
        description.lastModified && new Date(description.lastModified),
      headers: { ...description.headers },
    };
  }

  /**
   * The same, at once where the file says it at once, and where a local file was found.
   *
   * @param withTag whether the tag of a local file is wanted: to make one may take some milliseconds
   * @throws FileNotFoundError where there is no such file
   * @internal
   */
  described(withTag = true): Awaitable<Described> {
    const last = this.#described;
    if (last && (last.withTag || !withTag)) return last.known;
    const { file } = this;
    const known = file.hold
      ? andThen(file.hold({ withTag }), (open) => {
          const { stat, location, disk } = open;
          open.close();
          this.#size = stat.size;
          return { description: this.describeBy(stat), location, disk };
        })
      : andThen(file.stat(), (stat) => {
          if (stat.version) this.#bound = stat;
          this.#size = stat.size;
          return { description: this.describeBy(stat) };
        });
    this.#described = { withTag, known };
    return known;
  }

  /**
   * What its store has said of the file, which need not be asked again: the bytes are bound to that version.
   *
   * @internal
   */
  get boundStat(): FileStat | undefined {
    return this.#bound;
  }

  /**
   * Bytes of the file, where it was asked for them already.
   *
   * @internal
   */
  get knownSize(): number | undefined {
    return this.#size;
  }

  /**
   * Takes facts that the file was asked for already: `describe()` asks for none again.
   *
   * @internal
   */
  know({ stat, location, disk }: KnownFacts): void {
    const description = this.describeBy(stat);
    this.#described ??= {
      withTag: true,
      known: { description, location, disk },
    };
  }

  /**
   * The same from facts that are known already.
   *
   * @internal
   */
  describeBy(stat: FileStat): DownloadDescription {
    return describe(this.file, stat, this.presentation, this.#defaults);
  }

  /** The bytes, for whoever sends them without the module; opens nothing until it is read. */
  override getStream(): Readable {
    if (this.#answer) return this.#answer.stream;
    this.#stream ??= joinedStream([() => this.file.open()]);
    return this.#stream;
  }

  /** What can be said without asking the file. */
  override getHeaders(): ReturnType<StreamableFile['getHeaders']> {
    if (this.#answer) return this.#answer.getHeaders();
    const { headers } = this.describeBy({});
    return {
      type: headers['Content-Type'],
      disposition: headers['Content-Disposition'],
      length: undefined,
    };
  }

  /** The name of the download: for a log line. Sent in place of the file it is an error. */
  toJSON(): { name: string } {
    if (this.#answer) this.#answer.wasSerialized();
    else becomesJson();
    return { name: clientName(this.#file, this.#presentation) };
  }
}
