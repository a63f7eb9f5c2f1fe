/**
 * What is known about a file without reading it. What a wrapper or storage cannot know stays
 * undefined, and the answer goes out without it.
 *
 * @publicApi
 */
export interface FileStat {
  /** Bytes. A size that is given is a promise: fewer or more bytes cut the connection. */
  readonly size?: number;
  readonly lastModified?: Date;
  /** A field value of RFC 9110 8.8.3: `"abc"` or `W/"abc"`. */
  readonly etag?: string;
  /**
   * The storage's own strong tag of these bytes, as `ReadWindow.ifMatch` takes it. Whoever describes a file
   * otherwise, with a tag of a row, leaves it as it is: what is read is bound by it. `false` where the tag
   * beside it is none of the storage's, which has no strong one itself.
   */
  readonly version?: string | false;
  /**
   * Whether the store knows that version by the address alone, `temporaryUrl({ version })`, and by no condition.
   *
   * @internal
   */
  readonly isBoundByAddress?: boolean;
  /** A media type: `image/png`. */
  readonly contentType?: string;
  /** The charset of a text: `utf-8`. */
  readonly charset?: string;
  /** A content coding (RFC 9110 8.4.1) that the bytes already have: `gzip`. */
  readonly encoding?: string;
  /** What Repr-Digest says of the bytes (RFC 9530), where that is known without reading them. */
  readonly digest?: string;
  /** What the client calls it, where that is known only with the other facts; it comes before the file's name. */
  readonly name?: string;
  /** The CRC-32 of all its bytes, where the store keeps one; an archive then need not read them for it. */
  readonly crc32?: number;
  /** Whether ranges of it can be had, where that is known only with the other facts. */
  readonly acceptsRanges?: boolean;
}

/**
 * What binds a window to the bytes that these facts are about. A weak tag does not promise the same bytes.
 *
 * @internal
 */
export function versionOf({
  version,
  etag,
}: Pick<FileStat, 'version' | 'etag'>): string | undefined {
  if (version === false) return undefined;
  return version ?? (etag?.startsWith('"') ? etag : undefined);
}

/**
 * The same facts under a tag that is none of the storage's: its own binds what is read.
 *
 * @internal
 */
export function taggedAs(stat: FileStat, etag: string): FileStat {
  return { ...stat, etag, version: versionOf(stat) ?? false };
}

/**
 * How facts are asked for.
 *
 * @publicApi
 */
export interface StatOptions {
  /** Fires when the client has left: the facts are not needed any more. */
  readonly signal?: AbortSignal;
}

/**
 * Which bytes are to be read.
 *
 * @publicApi
 */
export interface ReadWindow {
  /** First byte, 0 by default. */
  readonly start?: number;
  /** Last byte, inclusive; the end of the file by default. */
  readonly end?: number;
  /**
   * The version, or strong tag, that the file must still have: else FileChangedError. Storages without tags
   * ignore it.
   */
  readonly ifMatch?: string;
  /** Fires when the client has left: what is being fetched is not needed any more. */
  readonly signal?: AbortSignal;
}
