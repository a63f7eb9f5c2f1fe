/**
 * A member of a ZIP file as its headers describe it (PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 to 4.5).
 *
 * @internal
 */
export interface ZipMember {
  /** With a slash at its end for a directory. */
  readonly path: string;
  /** Seconds since 1970. */
  readonly modified: number | undefined;
  readonly mode: number;
  readonly isDeflated: boolean;
  /** Whether CRC-32 and sizes follow the data, for they were not known before. */
  readonly hasDescriptor: boolean;
  /** Whether the sizes before and after the data have eight bytes. */
  readonly isLarge: boolean;
}

/**
 * What is known of a member's data, at the latest when it has been read.
 *
 * @internal
 */
export interface ZipMeasures {
  readonly crc32: number;
  /** Bytes in the archive. */
  readonly compressed: number;
  /** Bytes of the file. */
  readonly size: number;
}

/** What does not fit into four bytes, or into two, says this and stands in a Zip64 field. */
export const MAX_32 = 0xffffffff;
const MAX_16 = 0xffff;

const VERSION = 20;
const ZIP64_VERSION = 45;
const MADE_ON_UNIX = 3 << 8;
const DESCRIPTOR_FLAG = 1 << 3;
const UTF8_FLAG = 1 << 11;
const DEFLATED = 8;
const DIRECTORY_ATTRIBUTE = 0x10;
const DIRECTORY_TYPE = 0o040000;
const REGULAR_TYPE = 0o100000;
const ASCII = /^[\0-\x7f]*$/;

const ZIP64_FIELD = 0x0001;
/** Modification time in seconds since 1970, as Info-ZIP defined it. */
const TIME_FIELD = 0x5455;
const TIME_FIELD_LENGTH = 9;
const MAX_TIME = 0x7fffffff;

/** @internal */
export function localHeaderLength(member: ZipMember): number {
  return (
    30 +
    Buffer.byteLength(member.path) +
    (member.isLarge ? 20 : 0) +
    timeLength(member)
  );
}

/**
 * Section 4.3.7.
 *
 * @param measures zeros where they are not known yet
 * @internal
 */
export function localHeader(member: ZipMember, measures: ZipMeasures): Buffer {
  const { hasDescriptor, isLarge } = member;
  const { crc32, compressed, size } = measures;
  const header = Buffer.alloc(localHeaderLength(member));
  header.writeUInt32LE(0x04034b50, 0);
  writeCommon(header, 4, member);
  if (!hasDescriptor) header.writeUInt32LE(crc32, 14);
  if (isLarge) {
    header.writeUInt32LE(MAX_32, 18);
    header.writeUInt32LE(MAX_32, 22);
  } else if (!hasDescriptor) {
    header.writeUInt32LE(compressed, 18);
    header.writeUInt32LE(size, 22);
  }
  const nameLength = header.write(member.path, 30);
  header.writeUInt16LE(nameLength, 26);
  header.writeUInt16LE(header.length - 30 - nameLength, 28);
  let at = 30 + nameLength;
  if (isLarge) at = writeZip64(header, at, [size, compressed]);
  writeTime(header, at, member);
  return header;
}

/** @internal */
export function descriptorLength({
  hasDescriptor,
  isLarge,
}: ZipMember): number {
  if (!hasDescriptor) return 0;
  return isLarge ? 24 : 16;
}

/**
 * Section 4.3.9.
 *
 * @internal
 */
export function descriptor(
  member: ZipMember,
  { crc32, compressed, size }: ZipMeasures,
): Buffer {
  const bytes = Buffer.alloc(descriptorLength(member));
  bytes.writeUInt32LE(0x08074b50, 0);
  bytes.writeUInt32LE(crc32, 4);
  if (member.isLarge) {
    writeUInt64(bytes, 8, compressed);
    writeUInt64(bytes, 16, size);
  } else {
    bytes.writeUInt32LE(compressed, 8);
    bytes.writeUInt32LE(size, 12);
  }
  return bytes;
}

/** @internal */
export function centralHeaderLength(
  member: ZipMember,
  measures: Omit<ZipMeasures, 'crc32'>,
  offset: number,
): number {
  const { compressed, size } = measures;
  const isLarge = compressed >= MAX_32 || size >= MAX_32 || offset >= MAX_32;
  return (
    46 +
    Buffer.byteLength(member.path) +
    (isLarge ? 4 + 8 * largeOf(measures, offset).length : 0) +
    timeLength(member)
  );
}

/**
 * Section 4.3.12.
 *
 * @param offset of the local header
 * @internal
 */
export function centralHeader(
  member: ZipMember,
  measures: ZipMeasures,
  offset: number,
): Buffer {
  const { path, mode } = member;
  const { crc32, compressed, size } = measures;
  const large = largeOf(measures, offset);
  const header = Buffer.alloc(centralHeaderLength(member, measures, offset));
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(MADE_ON_UNIX | ZIP64_VERSION, 4);
  writeCommon(header, 6, member, large.length > 0);
  header.writeUInt32LE(crc32, 16);
  header.writeUInt32LE(Math.min(compressed, MAX_32), 20);
  header.writeUInt32LE(Math.min(size, MAX_32), 24);
  const isDirectory = path.endsWith('/');
  const type = isDirectory ? DIRECTORY_TYPE : REGULAR_TYPE;
  header.writeUInt16LE(isDirectory ? DIRECTORY_ATTRIBUTE : 0, 38);
  header.writeUInt16LE(type | mode, 40);
  header.writeUInt32LE(Math.min(offset, MAX_32), 42);
  const nameLength = header.write(path, 46);
  header.writeUInt16LE(nameLength, 28);
  header.writeUInt16LE(header.length - 46 - nameLength, 30);
  let at = 46 + nameLength;
  if (large.length > 0) at = writeZip64(header, at, large);
  writeTime(header, at, member);
  return header;
}

/**
 * The end of a ZIP file.
 *
 * @internal
 */
export interface ZipEnd {
  readonly count: number;
  /** Where the central directory begins. */
  readonly offset: number;
  /** Bytes of the central directory. */
  readonly length: number;
  readonly comment: Buffer;
}

/**
 * Sections 4.3.14 to 4.3.16.
 *
 * @internal
 */
export function endOfArchive({
  count,
  offset,
  length,
  comment,
}: ZipEnd): Buffer {
  const isZip64 = count >= MAX_16 || offset >= MAX_32 || length >= MAX_32;
  const bytes = Buffer.alloc((isZip64 ? 76 : 0) + 22 + comment.length);
  let at = 0;
  if (isZip64) {
    bytes.writeUInt32LE(0x06064b50, 0);
    writeUInt64(bytes, 4, 44);
    bytes.writeUInt16LE(MADE_ON_UNIX | ZIP64_VERSION, 12);
    bytes.writeUInt16LE(ZIP64_VERSION, 14);
    writeUInt64(bytes, 24, count);
    writeUInt64(bytes, 32, count);
    writeUInt64(bytes, 40, length);
    writeUInt64(bytes, 48, offset);
    bytes.writeUInt32LE(0x07064b50, 56);
    writeUInt64(bytes, 64, offset + length);
    bytes.writeUInt32LE(1, 72);
    at = 76;
  }
  bytes.writeUInt32LE(0x06054b50, at);
  bytes.writeUInt16LE(Math.min(count, MAX_16), at + 8);
  bytes.writeUInt16LE(Math.min(count, MAX_16), at + 10);
  bytes.writeUInt32LE(Math.min(length, MAX_32), at + 12);
  bytes.writeUInt32LE(Math.min(offset, MAX_32), at + 16);
  bytes.writeUInt16LE(comment.length, at + 20);
  comment.copy(bytes, at + 22);
  return bytes;
}

/** Version, flags, method and time: the same in both headers. */
function writeCommon(
  header: Buffer,
  at: number,
  member: ZipMember,
  isZip64 = member.isLarge,
): void {
  const { path, modified, isDeflated, hasDescriptor } = member;
  const [time, date] = dosTime(modified);
  header.writeUInt16LE(isZip64 ? ZIP64_VERSION : VERSION, at);
  header.writeUInt16LE(
    (hasDescriptor ? DESCRIPTOR_FLAG : 0) | (ASCII.test(path) ? 0 : UTF8_FLAG),
    at + 2,
  );
  header.writeUInt16LE(isDeflated ? DEFLATED : 0, at + 4);
  header.writeUInt16LE(time, at + 6);
  header.writeUInt16LE(date, at + 8);
}

function largeOf(
  { compressed, size }: Omit<ZipMeasures, 'crc32'>,
  offset: number,
): number[] {
  return [size, compressed, offset].filter((value) => value >= MAX_32);
}

function writeZip64(
  header: Buffer,
  at: number,
  values: readonly number[],
): number {
  header.writeUInt16LE(ZIP64_FIELD, at);
  header.writeUInt16LE(8 * values.length, at + 2);
  values.forEach((value, index) => {
    writeUInt64(header, at + 4 + 8 * index, value);
  });
  return at + 4 + 8 * values.length;
}

function timeLength({ modified }: ZipMember): number {
  return modified !== undefined && modified <= MAX_TIME ? TIME_FIELD_LENGTH : 0;
}

function writeTime(header: Buffer, at: number, member: ZipMember): void {
  if (timeLength(member) === 0) return;
  header.writeUInt16LE(TIME_FIELD, at);
  header.writeUInt16LE(5, at + 2);
  header.writeUInt8(1, at + 4);
  header.writeUInt32LE(member.modified ?? 0, at + 5);
}

/** In UTC: the same on every machine, and the exact time stands in a field of its own. */
function dosTime(modified: number | undefined): [time: number, date: number] {
  const at = new Date((modified ?? 0) * 1000);
  const year = at.getUTCFullYear();
  if (year < 1980) return [0, (1 << 5) | 1];
  if (year > 2107) {
    return [(23 << 11) | (59 << 5) | 29, (127 << 9) | (12 << 5) | 31];
  }
  return [
    (at.getUTCHours() << 11) |
      (at.getUTCMinutes() << 5) |
      (at.getUTCSeconds() >> 1),
    ((year - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
  ];
}

function writeUInt64(bytes: Buffer, at: number, value: number): void {
  bytes.writeUInt32LE(value % 0x100000000, at);
  bytes.writeUInt32LE(Math.floor(value / 0x100000000), at + 4);
}
