import { hash } from 'node:crypto';

import { type KnownEntry, rememberedCrc32 } from './known-entry.js';
import { type EntrySources } from './entry-bytes.js';

/**
 * A format that can tell every offset from the sizes of the files: a head, the bytes and a tail for each entry,
 * then a trailer.
 *
 * @internal
 */
export interface ArchiveLayout {
  /** What else than the entries makes the bytes: format, version, comment. */
  readonly kind: string;
  headLength(entry: KnownEntry): number;
  head(entry: KnownEntry): Buffer;
  tailLength(entry: KnownEntry): number;
  /** Where `hasChecksums`, only of an entry whose CRC-32 is known. */
  tail(entry: KnownEntry): Buffer;
  /** Whether tails and trailer tell the CRC-32 of the entries. */
  readonly hasChecksums: boolean;
  trailer(entries: readonly KnownEntry[], starts: Float64Array): ArchiveTrailer;
}

/**
 * What comes after the entries, in pieces.
 *
 * @internal
 */
export interface ArchiveTrailer {
  /** Where each piece begins in the archive, and after the last one the end. */
  readonly starts: Float64Array;
  /** The entry whose CRC-32 the piece tells. */
  entry(index: number): KnownEntry | undefined;
  piece(index: number): Buffer;
}

/**
 * An archive of which every offset is known before a byte is read: so any part of it can be had.
 *
 * @internal
 */
export class ArchivePlan {
  readonly size: number;
  readonly #trailer: ArchiveTrailer;

  /**
   * @param entries of known sizes
   * @param starts where each entry begins, and after the last one the trailer
   * @param etag a strong one; undefined where an entry has none
   */
  private constructor(
    private readonly layout: ArchiveLayout,
    private readonly entries: readonly KnownEntry[],
    private readonly starts: Float64Array,
    readonly etag: string | undefined,
  ) {
    this.#trailer = layout.trailer(entries, starts);
    this.size = this.#trailer.starts.at(-1) ?? 0;
  }

  /**
   * Draws all entries.
   *
   * @returns the entries alone where the size of one is not known
   */
  static async of(
    layout: ArchiveLayout,
    entries: AsyncIterable<KnownEntry>,
  ): Promise<ArchivePlan | readonly KnownEntry[]> {
    const all: KnownEntry[] = [];
    const starts = [0];
    const tag = new EntriesTag(layout.kind);
    let at = 0;
    for await (const entry of entries) {
      all.push(entry);
      tag.add(entry);
      // Not a number from the first unknown size on.
      at +=
        layout.headLength(entry) +
        (entry.size ?? NaN) +
        layout.tailLength(entry);
      starts.push(at);
    }
    return Number.isNaN(at)
      ? all
      : new ArchivePlan(layout, all, Float64Array.from(starts), tag.value);
  }

  /** How many bytes have to be read for the checksums of a range beside those that it sends. */
  price(start: number, end: number): number {
    if (!this.layout.hasChecksums) return 0;
    let price = 0;
    const isRead = new Set<KnownEntry>();
    const first = indexAt(this.starts, start);
    for (let index = first; this.starts[index] <= end; index += 1) {
      const entry = this.entries[index] as KnownEntry | undefined;
      if (!entry) break;
      const { data, tail } = this.#placesOf(index);
      if (end < tail || isKnown(entry)) continue;
      price += Math.min(Math.max(0, start - data), sizeOf(entry));
      isRead.add(entry);
    }
    const trailer = this.#trailer;
    const piece = indexAt(trailer.starts, start);
    for (let index = piece; index < trailer.starts.length - 1; index += 1) {
      if (trailer.starts[index] > end) break;
      const entry = trailer.entry(index);
      if (entry && !isKnown(entry) && !isRead.has(entry)) {
        price += sizeOf(entry);
      }
    }
    return price;
  }

  /**
   * The bytes from `start` to `end`, inclusive, in pieces of any length.
   *
   * @throws FileChangedError for a file that is another one than its entry says
   */
  async *read(
    sources: EntrySources,
    start: number,
    end: number,
  ): AsyncGenerator<Uint8Array, void> {
    const first = indexAt(this.starts, start);
    for (let index = first; index < this.entries.length; index += 1) {
      if (this.starts[index] > end) return;
      yield* this.#readEntry(sources, index, start, end);
    }
    const trailer = this.#trailer;
    const piece = indexAt(trailer.starts, start);
    for (let index = piece; index < trailer.starts.length - 1; index += 1) {
      const at = trailer.starts[index];
      if (at > end) return;
      const entry = trailer.entry(index);
      if (entry && !isKnown(entry)) await sources.measure(entry);
      yield sliceOf(trailer.piece(index), at, start, end);
    }
  }

  async *#readEntry(
    sources: EntrySources,
    index: number,
    start: number,
    end: number,
  ): AsyncGenerator<Uint8Array, void> {
    const layout = this.layout;
    const entry = this.entries[index];
    const { head, data, tail, next } = this.#placesOf(index);
    if (start < data) yield sliceOf(layout.head(entry), head, start, end);
    if (start < tail && end >= data) {
      const from = Math.max(0, start - data);
      const isToEnd = end >= tail - 1;
      const isNeeded = layout.hasChecksums && end >= tail && !isKnown(entry);
      const isWhole = from === 0 && isToEnd;
      yield* sources.read(entry, {
        start: from,
        end: isToEnd ? undefined : end - data,
        checksum: isNeeded || (isWhole && this.#wantsCheck(entry)),
      });
    }
    if (end < tail || tail === next) return;
    if (layout.hasChecksums && !isKnown(entry)) await sources.measure(entry);
    yield sliceOf(layout.tail(entry), tail, start, end);
  }

  #wantsCheck({ givenCrc32 }: KnownEntry): boolean {
    return this.layout.hasChecksums || givenCrc32 !== undefined;
  }

  #placesOf(index: number): EntryPlaces {
    const entry = this.entries[index];
    const head = this.starts[index];
    const data = head + this.layout.headLength(entry);
    const tail = data + sizeOf(entry);
    return { head, data, tail, next: this.starts[index + 1] };
  }
}

interface EntryPlaces {
  readonly head: number;
  readonly data: number;
  readonly tail: number;
  readonly next: number;
}

function sizeOf({ size = 0 }: KnownEntry): number {
  return size;
}

function isKnown(entry: KnownEntry): boolean {
  entry.crc32 ??= rememberedCrc32(entry);
  return entry.crc32 !== undefined;
}

/** The last piece that begins at a place or before it; 0 where all begin after it. */
function indexAt(starts: Float64Array, at: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (starts[middle] <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

function sliceOf(
  piece: Buffer,
  at: number,
  start: number,
  end: number,
): Uint8Array {
  return at >= start && at + piece.length - 1 <= end
    ? piece
    : piece.subarray(Math.max(0, start - at), Math.max(0, end + 1 - at));
}

const LINES_AT_ONCE = 500;
const TAG_CHARACTERS = 22;

/** The same on every machine whose files have the same tags. */
class EntriesTag {
  #digest: string;
  #lines: string[] = [];
  #isStrong = true;

  constructor(kind: string) {
    this.#digest = kind;
  }

  get value(): string | undefined {
    this.#fold();
    const opaque = this.#digest.slice(0, TAG_CHARACTERS);
    return this.#isStrong ? `"${opaque}"` : undefined;
  }

  add(entry: KnownEntry): void {
    const { path, size, etag, modified, mode, givenCrc32 } = entry;
    // Nothing has no other content.
    if (etag === undefined && size !== 0) this.#isStrong = false;
    // None of them can hold a NUL.
    const facts = [path, size, etag, modified, mode, givenCrc32].join('\0');
    if (this.#lines.push(facts) >= LINES_AT_ONCE) this.#fold();
  }

  #fold(): void {
    const text = [this.#digest, ...this.#lines].join('\n');
    this.#digest = hash('sha256', text, 'base64url');
    this.#lines = [];
  }
}
