import { type Readable } from 'node:stream';

import { nameAlone } from '../errors/download-errors.js';
import { type TemporaryUrlOptions } from '../storages/download-storage.js';
import { type ByteRange } from '../http/range.js';
import { type EtagChoice } from '../storages/etag-choice.js';
import { andThen, type Awaitable } from '../storages/awaitable.js';
import {
  type FileStat,
  type ReadWindow,
  type StatOptions,
  taggedAs,
} from '../storages/file-stat.js';
import {
  type HoldOptions,
  type OpenFile,
  withStat,
} from '../storages/local-descriptor.js';
import {
  type RemoteAnswer,
  type RemoteConditions,
  conditionsForOrigin,
} from '../storages/remote-answer.js';
import { titleWithExtension } from '../http/content-disposition.js';

/**
 * A file that is to be handed out, wrapped and still unread. Nothing is opened or read before it is
 * decided that its bytes are sent.
 *
 * @publicApi
 */
export interface DownloadFile {
  /** What the client calls it, unless `basename` says otherwise. */
  readonly name: string;
  /** Absolute path, when it lies on a disk of this machine. */
  readonly path?: string | undefined;
  /** Where a server may fetch it. */
  readonly url?: string | undefined;
  /**
   * The same as rules know it, where `url` is a signed link.
   *
   * @internal
   */
  readonly sourceUrl?: string | undefined;
  /**
   * Whether users or another host decided about its content and type. JavaScript and CSS of such files
   * go out as application/octet-stream: a page elsewhere could run them by `<script src>`.
   */
  readonly untrusted?: boolean;

  /**
   * Whether another server answers for it, and says itself what it is.
   *
   * @internal
   */
  readonly isOfOrigin?: boolean | undefined;

  /** Whether `open()` gives windows; true where it is not said. */
  readonly acceptsRanges?: boolean;

  /**
   * The facts; reads nothing.
   *
   * @throws FileNotFoundError where there is no such file
   */
  stat(options?: StatOptions): Awaitable<FileStat>;

  /**
   * The bytes.
   *
   * @throws FileNotFoundError where there is no such file
   */
  open(window?: ReadWindow): Awaitable<Readable>;

  /** Whether it changed after `since`; where it is missing, `lastModified` decides. */
  wasModifiedSince?(since: Date): Awaitable<boolean>;

  /**
   * For a wrapper whose origin answers ranges and conditions itself: it is asked once, in place of `stat()`
   * and `open()`, for what is not HEAD.
   *
   * @throws FileNotFoundError, RemoteFileError, StorageUnavailableError
   */
  readonly request?:
    ((conditions: RemoteConditions) => Awaitable<RemoteAnswer>) | undefined;

  /**
   * Whether `open()` keeps to the version that `stat()` told. Such an origin is asked by `request()` only for
   * what it judges as RFC 9110 has it; for all else its facts and windows are as good.
   *
   * @internal
   */
  readonly hasVersions?: boolean;

  /**
   * Whether a subclass gives other bytes by its `open()` than lie at path, URL and `request()`: decoded ones,
   * marked ones. Then nothing else than `open()` may give them.
   *
   * @internal
   */
  readonly hasOwnBytes?: boolean;

  /** A signed address that works for a while, for a file of a store that knows such. */
  readonly temporaryUrl?:
    ((options: TemporaryUrlOptions) => Promise<string>) | undefined;

  /**
   * Whether its tag says no more than inode, size and times of `path`: then a server's own tag of that
   * path serves as well.
   *
   * @internal
   */
  readonly hasDiskTag?: boolean;

  /**
   * Whether ranges of it can be had at a fair price; true where it is not said. Otherwise the whole of it is
   * sent.
   *
   * @param of the tag that the file was described with, and the signal of the request
   * @internal
   */
  givesRanges?(ranges: readonly ByteRange[], of: ReadWindow): boolean;

  /**
   * How its tag is made, where it does not say itself.
   *
   * @internal
   */
  tagBy?(fallback: EtagChoice): void;

  /**
   * The facts as far as they are known without making a file for them: all that HEAD is told.
   *
   * @internal
   */
  readonly statUnmade?:
    ((options?: StatOptions) => Awaitable<FileStat>) | undefined;

  /**
   * Holds it open, so that facts and bytes are of one and the same file.
   *
   * @internal
   */
  readonly hold?: ((options?: HoldOptions) => Awaitable<OpenFile>) | undefined;

  /**
   * Says that an answer with it begins: for a file that goes away when it was downloaded.
   *
   * @internal
   */
  use?(): FileUse;

  /**
   * Whether a server in front may be handed it only where that says when it has sent it.
   *
   * @internal
   */
  readonly needsCompletion?: boolean;

  /**
   * Lets go of a source that was handed in and is not going to be read.
   *
   * @internal
   */
  discard?(): void;
}

/**
 * One answer with a file.
 *
 * @internal
 */
export interface FileUse {
  /**
   * To be called when it is over; only the first time counts.
   *
   * @param end `whole`: every byte of a 200 was handed on. `part`: it was left, cut, or one of a range.
   *   `handed-over`: a server in front was told of it, and nobody says when that has sent it. `nothing`: it had
   *   no body, as HEAD and 304.
   */
  over(end: 'whole' | 'part' | 'handed-over' | 'nothing'): void;
}

/**
 * Whether a value is a file wrapper.
 *
 * @internal
 */
export function isDownloadFile(value: unknown): value is DownloadFile {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'stat' in value &&
    typeof value.stat === 'function' &&
    'open' in value &&
    typeof value.open === 'function'
  );
}

/**
 * Keeps properties of its own but the name from what takes objects apart, as class-transformer does: it would
 * show them, and call those that are functions.
 *
 * @internal
 */
export function hideProperties(file: DownloadFile): void {
  for (const property of Object.keys(file)) {
    if (property !== 'name') {
      Object.defineProperty(file, property, { enumerable: false });
    }
  }
}

/**
 * Another file of which something else is said: where it is and what its bytes are is the file's own affair.
 *
 * @internal
 */
export abstract class WrappedFile implements DownloadFile {
  readonly acceptsRanges?: boolean;
  readonly hasVersions?: boolean;
  readonly hold?: DownloadFile['hold'];
  readonly statUnmade?: (options?: StatOptions) => Promise<FileStat>;
  readonly wasModifiedSince?: (since: Date) => Awaitable<boolean>;
  readonly givesRanges?: NonNullable<DownloadFile['givesRanges']>;
  readonly use?: NonNullable<DownloadFile['use']>;

  constructor(
    readonly file: DownloadFile,
    readonly name = file.name,
  ) {
    this.acceptsRanges = file.acceptsRanges;
    this.hasVersions = file.hasVersions;
    const hold = file.hold?.bind(file);
    if (hold) {
      this.hold = (options) =>
        andThen(
          hold({
            withTag: this.needsTag(options),
            // Made when it is first asked for.
            get signal() {
              return options?.signal;
            },
          }),
          (open) => withStat(open, this.restated(open.stat)),
        );
    }
    const statUnmade = file.statUnmade?.bind(file);
    if (statUnmade) {
      this.statUnmade = async (options) =>
        this.restated(await statUnmade(options));
    }
    this.wasModifiedSince = file.wasModifiedSince?.bind(file);
    this.givesRanges = file.givesRanges?.bind(file);
    this.use = file.use?.bind(file);
    hideProperties(this);
  }

  get hasOwnBytes(): boolean {
    return this.file.hasOwnBytes ?? false;
  }

  get isOfOrigin(): boolean | undefined {
    return this.file.isOfOrigin;
  }

  get path(): string | undefined {
    return this.file.path;
  }

  get needsCompletion(): boolean {
    return this.file.needsCompletion ?? false;
  }

  get url(): string | undefined {
    return this.file.url;
  }

  get sourceUrl(): string | undefined {
    return this.file.sourceUrl;
  }

  get temporaryUrl(): DownloadFile['temporaryUrl'] {
    return this.file.temporaryUrl?.bind(this.file);
  }

  async stat(options?: StatOptions): Promise<FileStat> {
    return this.restated(await this.file.stat(options));
  }

  abstract open(window?: ReadWindow): Awaitable<Readable>;

  tagBy(fallback: EtagChoice): void {
    this.file.tagBy?.(fallback);
  }

  discard(): void {
    this.file.discard?.();
  }

  /** JSON.stringify() does not ask twice, and a file without a JSON of its own would show all that it has. */
  toJSON(): unknown {
    return hasJson(this.file) ? this.file.toJSON() : nameAlone.call(this);
  }

  /** Whether the tag of the file itself is needed for what is told. */
  protected needsTag(options?: HoldOptions): boolean {
    return options?.withTag !== false;
  }

  /** The facts as they are told. */
  protected abstract restated(stat: FileStat): FileStat;
}

function hasJson(file: object): file is { toJSON(): unknown } {
  return 'toJSON' in file && typeof file.toJSON === 'function';
}

/**
 * What an entity says of its file; the name is a title.
 *
 * @internal
 */
export type FileDescription = Omit<
  FileStat,
  'acceptsRanges' | 'crc32' | 'version' | 'isBoundByAddress'
>;

/**
 * A file whose facts come partly from somewhere else, such as the columns of an entity. They come
 * before the file's own, except for the size: what the storage knows, it knows better.
 *
 * @internal
 */
export class DescribedFile extends WrappedFile {
  readonly request?: (conditions: RemoteConditions) => Promise<RemoteAnswer>;
  readonly #facts: FileStat;
  readonly #title?: string;

  /** @param untrusted whether users decide about the file, as they do about those of entities */
  constructor(
    file: DownloadFile,
    description: FileDescription,
    readonly untrusted = true,
  ) {
    const { name: title, ...facts } = description;
    super(file, title && titleWithExtension(title, file.name));
    this.#title = title;
    this.#facts = withoutUndefined(facts);
    const { etag, lastModified } = this.#facts;
    const isJudgedHere = etag !== undefined || lastModified !== undefined;
    const request = file.request?.bind(file);
    if (request && !(file.hasVersions && isJudgedHere)) {
      this.request = async (conditions) => {
        const answer = await request(
          conditionsForOrigin(conditions, this.#facts),
        );
        const stat = this.restated(answer.stat);
        // Of a part, only its server knows what it is a part of.
        const size = answer.status === 200 ? stat.size : answer.stat.size;
        return { ...answer, stat: { ...stat, size } };
      };
    }
  }

  open(window?: ReadWindow): Awaitable<Readable> {
    return this.file.open(window);
  }

  protected override needsTag(options?: HoldOptions): boolean {
    return this.#facts.etag === undefined && super.needsTag(options);
  }

  protected override restated(stat: FileStat): FileStat {
    const { name = this.file.name } = stat;
    const { etag } = this.#facts;
    return {
      ...(etag === undefined ? stat : taggedAs(stat, etag)),
      ...this.#facts,
      size: stat.size ?? this.#facts.size,
      ...(this.#title !== undefined && {
        name: titleWithExtension(this.#title, name),
      }),
    };
  }
}

function withoutUndefined(facts: FileStat): FileStat {
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== undefined),
  );
}
