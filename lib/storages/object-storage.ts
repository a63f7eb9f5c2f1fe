import { Readable } from 'node:stream';

import {
  DownloadError,
  FileChangedError,
  FileNotFoundError,
  InvalidOptionsError,
  refuseSerialization,
  StorageUnavailableError,
  SuspiciousPathError,
  quote,
} from '../errors/download-errors.js';
import { isWholeNumber } from '../errors/check-options.js';
import { contentDisposition } from '../http/content-disposition.js';
import {
  formatEntityTag,
  parseEntityTag,
  parseEntityTags,
  parseHttpDate,
} from '../http/preconditions.js';
import { answersRange, parseRangeSet, type RangeSpec } from '../http/range.js';
import {
  DownloadStorage,
  type SaveOptions,
  type StorageContent,
  type TemporaryUrlOptions,
} from './download-storage.js';
import {
  type FileStat,
  type ReadWindow,
  type StatOptions,
  versionOf,
} from './file-stat.js';
import { savingContent } from './object-content.js';
import { NewObjects } from './new-objects.js';
import {
  type ObjectAnswer,
  type ObjectConditions,
  type ObjectStore,
  type StoreRefusal,
} from './object-store.js';
import {
  isOfSameFile,
  type RemoteAnswer,
  type RemoteConditions,
} from './remote-answer.js';
import { isFound, keySegments, lastSegment } from './storage-key.js';

/**
 * Options that every store has.
 *
 * @internal
 */
export interface ObjectStorageOptions {
  readonly prefix?: string;
  readonly baseUrl?: string;
}

const LONGEST_KEY = 1024;
const LONGEST_LIFE = 7 * 24 * 3600;

/**
 * What S3, Google Cloud Storage and Azure Blob Storage have in common: how keys become objects, how an answer
 * is had in one round trip, and what becomes of what a store refuses.
 *
 * @internal
 */
export class ObjectStorage extends DownloadStorage {
  /** @throws SerializedFileError always: what it holds has credentials */
  readonly toJSON = refuseSerialization(`This ${this.constructor.name}`);
  /** @see DownloadStorage.url; there only with `baseUrl`. */
  override readonly url?: (key: string) => string;
  readonly #store: ObjectStore;
  readonly #newObjects: NewObjects;
  readonly #prefix: string;

  constructor(
    store: ObjectStore,
    { prefix = '', baseUrl }: ObjectStorageOptions,
  ) {
    super();
    this.#store = store;
    this.#prefix =
      prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
    this.#newObjects = new NewObjects(store, (key) => this.#objectOf(key));
    if (baseUrl !== undefined) {
      const base = baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`;
      this.url = (key) =>
        base + this.#segmentsOf(key).map(encodeURIComponent).join('/');
    }
  }

  override async stat(
    key: string,
    { signal }: StatOptions = {},
  ): Promise<FileStat> {
    const object = this.#objectOf(key);
    return this.#asking(key, () => this.#store.head(object, signal));
  }

  override async open(
    key: string,
    { start = 0, end = Infinity, ifMatch, signal }: ReadWindow = {},
  ): Promise<Readable> {
    const object = this.#objectOf(key);
    const isWhole = start === 0 && end === Infinity;
    const range = isWhole ? undefined : { first: start, last: end };
    const answer = await this.#asking(key, () =>
      this.#store.get(object, { range, ifMatch, signal }),
    );
    const { stat, stream } = answer;
    try {
      const isAnother = ifMatch !== undefined && versionOf(stat) !== ifMatch;
      if (isAnother) throw this.#changed(key);
      this.#requireAnswered(key, answer, range);
      return withListener(stream);
    } catch (error) {
      stream.destroy();
      throw error;
    }
  }

  override get hasOwnBytes(): boolean {
    return this.open !== ObjectStorage.prototype.open;
  }

  override async exists(key: string): Promise<boolean> {
    this.#objectOf(key);
    return await isFound(this.stat(key));
  }

  /**
   * What a store does not judge, or not as RFC 9110 has it, is left to whoever asks, who has the facts.
   *
   * @see DownloadStorage.request
   */
  override async request(
    key: string,
    conditions: RemoteConditions,
  ): Promise<RemoteAnswer> {
    const object = this.#objectOf(key);
    const asked = conditionsForStore(conditions);
    let answer: ObjectAnswer;
    try {
      answer = await this.#store.get(object, asked);
    } catch (error) {
      return this.#withoutBytes(key, error, asked, conditions);
    }
    const status = answer.range ? 206 : 200;
    try {
      if (isOfSameFile({ ...answer, status }, conditions.ifRange)) {
        if (status === 206) this.#requireAnswered(key, answer, asked.range);
        return { ...answer, status, stream: withListener(answer.stream) };
      }
    } catch (error) {
      answer.stream.destroy();
      throw error;
    }
    answer.stream.destroy();
    return this.#wholeOf(key, conditions);
  }

  override async save(
    key: string,
    content: StorageContent,
    { ifTaken }: SaveOptions = {},
  ): Promise<string> {
    this.#objectOf(key);
    return savingContent(
      content,
      async (watched) => {
        if (ifTaken !== 'keep') return this.#newObjects.add(key, watched);
        await this.#newObjects.keep(key, watched, () => this.exists(key));
        return key;
      },
      (error) => this.#failure(key, error),
    );
  }

  override async delete(key: string): Promise<void> {
    const object = this.#objectOf(key);
    try {
      await this.#store.remove(object);
    } catch (error) {
      if (this.#store.refusalOf(error).kind !== 'missing') {
        throw this.#failure(key, error);
      }
    }
  }

  override async temporaryUrl(
    key: string,
    options: TemporaryUrlOptions,
  ): Promise<string> {
    const object = this.#objectOf(key);
    const { expiresIn, basename, attachment, contentType } = options;
    if (!isWholeNumber(expiresIn, 1) || expiresIn > LONGEST_LIFE) {
      throw new InvalidOptionsError(
        'temporaryUrl.expiresIn',
        expiresIn,
        `Give whole seconds, at most ${LONGEST_LIFE} (seven days).`,
      );
    }
    const isPresented = basename !== undefined || attachment !== undefined;
    const disposition = isPresented
      ? contentDisposition(
          attachment === false ? 'inline' : 'attachment',
          basename ?? lastSegment(key),
        )
      : undefined;
    const { cacheControl, version } = options;
    const presented = { expiresIn, contentType, cacheControl, version };
    const address = await this.#asking(key, () =>
      this.#store.sign(object, { ...presented, disposition }),
    );
    return new URL(address).href;
  }

  #segmentsOf(key: string): string[] {
    const segments = keySegments(key);
    const fault = this.#store.faultOf?.(segments);
    if (fault === undefined) return segments;
    throw new SuspiciousPathError(`${quote(key)} ${fault}`);
  }

  /** @throws SuspiciousPathError for a key that no object can have */
  #objectOf(key: string): string {
    const object = this.#prefix + this.#segmentsOf(key).join('/');
    if (Buffer.byteLength(object) <= LONGEST_KEY) return object;
    throw new SuspiciousPathError(
      `${quote(key)} is longer than ${LONGEST_KEY} bytes, the most that a store takes`,
    );
  }

  /** What a refusal means to who asked. */
  async #withoutBytes(
    key: string,
    error: unknown,
    { range, ifNoneMatch: etag }: ObjectConditions,
    conditions: RemoteConditions,
  ): Promise<RemoteAnswer> {
    const refusal = this.#store.refusalOf(error);
    if (refusal.kind === 'not-modified') {
      return nothing(304, { etag, version: etag, ...refusal.stat });
    }
    if (refusal.kind === 'unsatisfiable' && range) {
      return this.#beyondEnd(key, refusal, conditions);
    }
    // Stores know no If-Range: it went up as If-Match, and did not hold.
    const isOfAnother =
      refusal.kind === 'precondition-failed' &&
      conditions.ifRange !== undefined;
    if (isOfAnother) return this.#wholeOf(key, conditions);
    throw this.#failure(key, error);
  }

  #wholeOf(
    key: string,
    { signal, ifNoneMatch, ifModifiedSince }: RemoteConditions,
  ): Promise<RemoteAnswer> {
    return this.request(key, { signal, ifNoneMatch, ifModifiedSince });
  }

  /** A range of an empty object is the whole of it. */
  async #beyondEnd(
    key: string,
    { stat: known }: StoreRefusal,
    { ifNoneMatch, ifModifiedSince }: RemoteConditions,
  ): Promise<RemoteAnswer> {
    const isJudged = ifNoneMatch !== undefined || ifModifiedSince !== undefined;
    const stat = known?.size && !isJudged ? known : await this.stat(key);
    return nothing(stat.size === 0 ? 200 : 416, stat);
  }

  /** A store that ignores ranges gives the whole, which is a window only sometimes. */
  #requireAnswered(
    key: string,
    { stat: { size }, range }: ObjectAnswer,
    asked: RangeSpec | undefined,
  ): void {
    const given = range ?? { start: 0, end: (size ?? Infinity) - 1 };
    if (!asked || answersRange({ range: given, size }, asked)) return;
    throw new StorageUnavailableError(
      `The store gave other bytes of ${quote(key)} than it was asked for`,
    );
  }

  async #asking<Value>(key: string, ask: () => Promise<Value>): Promise<Value> {
    try {
      return await ask();
    } catch (error) {
      throw this.#failure(key, error);
    }
  }

  #failure(key: string, error: unknown): Error {
    if (error instanceof DownloadError) return error;
    const { kind, reason, text } = this.#store.refusalOf(error);
    const message = `${quote(key)}: ${text}`;
    switch (kind) {
      case 'missing':
      case 'forbidden':
        return new FileNotFoundError(message, { cause: error });
      case 'precondition-failed':
      case 'unsatisfiable':
        return this.#changed(key);
      default:
        return new StorageUnavailableError(message, { cause: error, reason });
    }
  }

  #changed(key: string): FileChangedError {
    return new FileChangedError(`${quote(key)} is another file now`);
  }
}

/** It may fail before anybody listens; who reads it then sees it. */
function withListener(stream: Readable): Readable {
  return stream.on('error', () => undefined);
}

function nothing(status: number, stat: FileStat): RemoteAnswer {
  return { status, stat, stream: Readable.from([]) };
}

/**
 * If-Range goes up as the condition that stores know. Of If-None-Match one tag does, as a strong one: it is
 * compared weakly anyway, and few stores find a weak one or read a list.
 */
function conditionsForStore({
  range,
  ifRange,
  ifNoneMatch,
  ifModifiedSince,
  signal,
}: RemoteConditions): ObjectConditions {
  const [asked] = (range !== undefined && parseRangeSet(range, 1)) || [];
  const isByTag = parseEntityTag(ifRange ?? '') !== undefined;
  return {
    signal,
    range: asked,
    ifMatch: isByTag ? ifRange : undefined,
    ifUnmodifiedSince: isByTag ? undefined : parseHttpDate(ifRange),
    ifNoneMatch: oneTag(ifNoneMatch),
    ifModifiedSince: parseHttpDate(ifModifiedSince),
  };
}

function oneTag(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const tags = parseEntityTags(header);
  const [tag, second] = tags === '*' ? [] : tags;
  return tag && !second ? formatEntityTag({ ...tag, weak: false }) : undefined;
}
