import { type Readable } from 'node:stream';
import { crc32 as crc32Of } from 'node:zlib';

import { FileChangedError, quote } from '../errors/download-errors.js';
import { type DownloadFile } from '../files/download-file.js';
import { versionOf } from '../storages/file-stat.js';
import { type OpenFile } from '../storages/local-descriptor.js';
import { LocalBody, readFully } from '../streaming/local-body.js';
import { type KnownEntry, rememberCrc32 } from './known-entry.js';

/**
 * The sources of an archive, one open at a time. When nobody reads on, what is open is closed, also while it is
 * waited for.
 *
 * @internal
 */
export class EntrySources {
  readonly #signal: AbortSignal | undefined;
  #open?: Readable;
  #isOver = false;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Closes what is open; what is opened after that is closed at once. */
  end(): void {
    this.#isOver = true;
    this.#open?.destroy();
  }

  /**
   * The bytes of an entry from a place on, to its end. With `checksum`, all of them are read, what comes before
   * the place included, and the entry knows its CRC-32 afterwards.
   *
   * @throws FileChangedError where the file has another tag or size than the entry says, or another CRC-32
   */
  async *read(
    entry: KnownEntry,
    { start = 0, end, checksum = false }: EntryWindow = {},
  ): AsyncGenerator<Uint8Array, void> {
    const { file, size } = entry;
    if (!file || size === 0) return;
    const from = checksum || file.acceptsRanges === false ? 0 : start;
    const to = file.acceptsRanges === false ? undefined : end;
    let at = from;
    let crc32 = 0;
    for await (const chunk of await this.#opened(entry, file, from, to)) {
      const bytes = chunk as Uint8Array;
      if (checksum) crc32 = crc32Of(bytes, crc32);
      const before = at;
      at += bytes.length;
      if (size !== undefined && at > size) throw changed(entry, 'size');
      const wanted = windowOf(bytes, before, start, end);
      if (wanted.length > 0) yield wanted;
      if (end !== undefined && at > end && !checksum) break;
    }
    const last = end !== undefined && !checksum ? end + 1 : size;
    if (last !== undefined && at < last) throw changed(entry, 'size');
    if (checksum) noteCrc32(entry, crc32);
  }

  /**
   * Reads an entry for its CRC-32 alone.
   *
   * @throws FileChangedError
   */
  async measure(entry: KnownEntry): Promise<void> {
    const nothing = this.read(entry, { start: entry.size, checksum: true });
    while (!(await nothing.next()).done);
  }

  async #opened(
    entry: KnownEntry,
    file: DownloadFile,
    start: number,
    end: number | undefined,
  ): Promise<Readable | Uint8Array[]> {
    const signal = this.#signal;
    const { etag, size = Infinity } = entry;
    const isWhole = start === 0 && end === undefined;
    let source: Readable;
    if (file.hold) {
      const open = requireTag(await file.hold({ signal }), etag);
      if (isWhole && size <= SMALL) return [await smallFile(open, size)];
      source = bytesOfLocal(open, start, end);
    } else {
      const window = isWhole ? {} : { start, end };
      source = await file.open({ ...window, ifMatch: etag, signal });
    }
    this.#open = source;
    if (this.#isOver) source.destroy();
    return source;
  }
}

// A stream would cost more than the file.
const SMALL = 64 * 1024;

/** @throws FileChangedError where it has another tag; it is closed then */
function requireTag(open: OpenFile, etag: string | undefined): OpenFile {
  if (etag === undefined || versionOf(open.stat) === etag) return open;
  open.close();
  throw new FileChangedError('The file is another one now');
}

/** It fails, as its download does, where the file is written over under way. */
function bytesOfLocal(
  open: OpenFile,
  start: number,
  end = (open.stat.size ?? 0) - 1,
): Readable {
  return new LocalBody(open, end < start ? [] : [{ start, end }]).toReadable();
}

async function smallFile(open: OpenFile, size: number): Promise<Uint8Array> {
  try {
    // A byte more than its size says as much as all of them.
    const length = Math.min(open.stat.size ?? 0, size + 1);
    const bytes = Buffer.allocUnsafe(length);
    await readFully(open.descriptor, bytes, length, 0);
    return bytes;
  } finally {
    open.close();
  }
}

/**
 * @internal
 */
export interface EntryWindow {
  readonly start?: number;
  /** Inclusive. */
  readonly end?: number;
  readonly checksum?: boolean;
}

function windowOf(
  bytes: Uint8Array,
  at: number,
  start: number,
  end = Infinity,
): Uint8Array {
  if (at >= start && at + bytes.length - 1 <= end) return bytes;
  return bytes.subarray(
    Math.max(0, start - at),
    Math.max(0, Math.min(bytes.length, end + 1 - at)),
  );
}

function noteCrc32(entry: KnownEntry, crc32: number): void {
  if (entry.crc32 === undefined) {
    entry.crc32 = crc32;
    rememberCrc32(entry);
  } else if (entry.crc32 !== crc32) {
    throw changed(entry, 'CRC-32');
  }
}

function changed({ path }: KnownEntry, what: string): FileChangedError {
  return new FileChangedError(
    `${quote(path)} has another ${what} than its entry says`,
  );
}

const BLOCK = 64 * 1024;
// Larger pieces go on as they are: to copy them would cost more than to send one piece more.
const SMALL_PIECE = 16 * 1024;

/**
 * Small pieces put together, so that thousands of headers and little files are not as many writes.
 *
 * @internal
 */
export async function* inBlocks(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    if (piece.length < SMALL_PIECE && length + piece.length <= BLOCK) {
      waiting.push(piece);
      length += piece.length;
      continue;
    }
    if (length > 0) yield Buffer.concat(waiting, length);
    const isSmall = piece.length < SMALL_PIECE;
    waiting = isSmall ? [piece] : [];
    length = isSmall ? piece.length : 0;
    if (!isSmall) yield piece;
  }
  if (length > 0) yield Buffer.concat(waiting, length);
}
