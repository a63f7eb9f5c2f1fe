import { channel } from 'node:diagnostics_channel';
import { type Readable } from 'node:stream';

import {
  CHECKED_ELSEWHERE,
  checkOptions,
  oneOf,
  type OptionChecks,
} from '../errors/check-options.js';
import {
  FileChangedError,
  FileNotFoundError,
  InvalidOptionsError,
  nameAlone,
} from '../errors/download-errors.js';
import { type DownloadFile } from '../files/download-file.js';
import { ARCHIVE_CHANNEL, tellMade } from '../files/making.js';
import { generatedStream } from '../files/virtual-file-source.js';
import { discardUnread, givenFacts } from '../files/virtual-file.js';
import { type ByteRange } from '../http/range.js';
import { type FileStat, type ReadWindow } from '../storages/file-stat.js';
import { type ArchiveEntries } from './archive-entry.js';
import { type ArchiveLayout, ArchivePlan } from './archive-plan.js';
import { inBlocks, EntrySources } from './entry-bytes.js';
import { isEntries, type KnownEntry, knownEntries } from './known-entry.js';

/**
 * Options of every archive.
 *
 * @publicApi
 */
export interface ArchiveOptions {
  /** What the client calls it: `photos.zip`. */
  readonly name: string;
  /**
   * What becomes of a file that is missing when the entries are described: `fail`, the default, answers 404;
   * `skip` leaves it out.
   */
  readonly missing?: 'fail' | 'skip';
  /** A strong tag that changes with the archive; by default it is made from the tags of the files. */
  readonly etag?: string;
  /** When the archive last changed; without it, there is no Last-Modified. */
  readonly lastModified?: Date;
}

/** @internal */
export const ARCHIVE_CHECKS: OptionChecks<ArchiveOptions> = {
  name: CHECKED_ELSEWHERE,
  etag: CHECKED_ELSEWHERE,
  lastModified: CHECKED_ELSEWHERE,
  missing: oneOf(
    ['fail', 'skip'],
    "Give 'fail' to answer 404 for a missing file, or 'skip' to leave it out.",
  ),
};

/**
 * What makes an archive of one kind.
 *
 * @internal
 */
export interface ArchiveKind {
  /** The class, for messages. */
  readonly owner: string;
  readonly contentType: string;
  /** None where the length of the archive depends on what is in the files. */
  readonly layout?: ArchiveLayout;
  /** Bytes that a range may have read beside its own. */
  readonly crcLimit?: number;
  /** The archive from its beginning, made while it is sent. */
  readonly made: (
    entries: AsyncIterable<KnownEntry> | Iterable<KnownEntry>,
    sources: EntrySources,
  ) => AsyncGenerator<Uint8Array, void>;
  /** What the bytes go through on their way out. */
  readonly coded?: (archive: Readable) => Readable;
}

const archives = channel(ARCHIVE_CHANNEL);

type Plan = ArchivePlan | readonly KnownEntry[];

/**
 * Many files as one, made while it is sent.
 *
 * Where every offset is known beforehand, the facts that one answer is decided by and the bytes that it sends
 * come from one plan.
 *
 * @internal
 */
export abstract class ArchiveFile implements DownloadFile {
  readonly name: string;
  /** Its name, and nothing else: fields of it are not for clients. */
  readonly toJSON = nameAlone;
  readonly acceptsRanges: boolean;
  readonly #kind: ArchiveKind;
  readonly #entries: ArchiveEntries;
  readonly #missing: 'fail' | 'skip';
  readonly #given: FileStat;
  /** By the signal of the request: an archive that is kept for several may be another one for each. */
  readonly #plans = new WeakMap<AbortSignal, Plan>();
  #latest?: Plan;

  constructor(
    entries: ArchiveEntries,
    options: ArchiveOptions,
    kind: ArchiveKind,
  ) {
    if (typeof entries !== 'function' && !isEntries(entries)) {
      throw new InvalidOptionsError(
        `${kind.owner}.entries`,
        entries,
        'Give an iterable or async iterable of entries, or a function that gives one.',
      );
    }
    const { lastModified, etag } = givenFacts(kind.owner, options);
    this.name = options.name;
    this.acceptsRanges = kind.layout !== undefined;
    this.#entries = entries;
    this.#kind = kind;
    this.#missing = options.missing ?? 'fail';
    this.#given = { lastModified, etag, contentType: kind.contentType };
  }

  /**
   * The facts. Where the length can be known beforehand, all entries are drawn for it.
   *
   * @throws FileNotFoundError where a file is missing and must not be
   * @throws InvalidOptionsError for wrong entries, and for some that were drawn before
   */
  async stat({ signal }: { signal?: AbortSignal } = {}): Promise<FileStat> {
    const { layout } = this.#kind;
    if (!layout) return this.#given;
    const plan = await this.#planned(layout, signal);
    this.#latest = plan;
    if (signal) this.#plans.set(signal, plan);
    if (!(plan instanceof ArchivePlan)) {
      return { ...this.#given, acceptsRanges: false };
    }
    const etag = this.#tagOf(plan);
    const acceptsRanges = etag?.startsWith('"') ?? false;
    return { ...this.#given, size: plan.size, etag, acceptsRanges };
  }

  /**
   * The bytes of a window.
   *
   * @throws FileChangedError where the archive is another one now, and for a file of it that is, when that is
   *   found before the first byte
   */
  async open(window: ReadWindow = {}): Promise<Readable> {
    const began = performance.now();
    try {
      const archive = await this.#opened(window);
      return archive.once('close', () => {
        // A client that has left is no fault of the archive.
        const hasLeft = window.signal?.aborted ?? false;
        tellMade(archives, began, hasLeft ? undefined : archive.errored);
      });
    } catch (error) {
      tellMade(archives, began, error);
      throw error;
    }
  }

  async #opened(window: ReadWindow): Promise<Readable> {
    const { signal } = window;
    const { made, coded } = this.#kind;
    const sources = new EntrySources(signal);
    const plan = await this.#planOf(window);
    if (plan instanceof ArchivePlan) {
      const { start = 0, end = plan.size - 1 } = window;
      const bytes = plan.read(sources, start, end);
      return this.#begun(bytes, sources, signal);
    }
    const entries = plan ?? this.#knownEntries(signal);
    const archive = await this.#begun(made(entries, sources), sources, signal);
    return coded ? coded(archive) : archive;
  }

  /**
   * Whether ranges can be had without reading much more than they send.
   *
   * @internal
   */
  givesRanges(
    ranges: readonly ByteRange[],
    { signal, ifMatch }: ReadWindow,
  ): boolean {
    const plan = this.#knownPlan(signal, ifMatch);
    if (!(plan instanceof ArchivePlan)) return true;
    const { crcLimit = Infinity } = this.#kind;
    const prices = ranges.map(({ start, end }) => plan.price(start, end));
    return prices.reduce((sum, price) => sum + price, 0) <= crcLimit;
  }

  /**
   * Ends a source of entries that was handed in and that nobody draws from.
   *
   * @internal
   */
  discard(): void {
    discardUnread(this.#entries);
  }

  /** What fails before the first bytes are there is an error yet, and no cut. */
  async #begun(
    bytes: AsyncGenerator<Uint8Array, void>,
    sources: EntrySources,
    signal: AbortSignal | undefined,
  ): Promise<Readable> {
    const end = (): void => sources.end();
    signal?.addEventListener('abort', end, { once: true });
    const blocks = inBlocks(bytes);
    try {
      const first = await blocks.next();
      return generatedStream(resumed(first, blocks), end, signal);
    } catch (error) {
      // It was there a moment ago: described anew, the archive is one without it.
      throw this.#missing === 'skip' && error instanceof FileNotFoundError
        ? new FileChangedError(error.message, { cause: error })
        : error;
    } finally {
      signal?.removeEventListener('abort', end);
    }
  }

  async #planOf({ signal, ifMatch }: ReadWindow): Promise<Plan | undefined> {
    const { layout, owner } = this.#kind;
    if (!layout) return undefined;
    const plan =
      this.#knownPlan(signal, ifMatch) ?? (await this.#planned(layout, signal));
    if (ifMatch !== undefined && this.#tagOf(plan) !== ifMatch) {
      throw new FileChangedError(`The ${owner} is another one now`);
    }
    return plan;
  }

  #knownPlan(signal?: AbortSignal, ifMatch?: string): Plan | undefined {
    const plan = (signal && this.#plans.get(signal)) ?? this.#latest;
    if (!plan || ifMatch === undefined) return plan;
    return this.#tagOf(plan) === ifMatch ? plan : undefined;
  }

  #planned(layout: ArchiveLayout, signal?: AbortSignal): Promise<Plan> {
    return ArchivePlan.of(layout, this.#knownEntries(signal));
  }

  #knownEntries(signal?: AbortSignal): AsyncGenerator<KnownEntry, void> {
    const { owner } = this.#kind;
    const options = { owner, missing: this.#missing, signal };
    return knownEntries(this.#entries, options);
  }

  #tagOf(plan: Plan): string | undefined {
    const made = plan instanceof ArchivePlan ? plan.etag : undefined;
    return this.#given.etag ?? made;
  }
}

async function* resumed(
  first: IteratorResult<Uint8Array, void>,
  rest: AsyncGenerator<Uint8Array, void>,
): AsyncGenerator<Uint8Array, void> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

/** @internal */
export function checkArchiveOptions<Options extends ArchiveOptions>(
  owner: string,
  options: Options,
  checks: OptionChecks<Options>,
  example: string,
): void {
  checkOptions(owner, options, checks, { example });
}
