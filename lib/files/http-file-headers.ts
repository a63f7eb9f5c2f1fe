import { RemoteFileError } from '../errors/download-errors.js';
import { formatEntityTag, parseEntityTag } from '../http/entity-tag.js';
import { parseHttpDate } from '../http/preconditions.js';
import { formatMediaType, parseMediaType } from '../http/media-type.js';
import { receivedFileName } from '../http/file-name.js';
import { type FileStat } from '../storages/file-stat.js';

/**
 * The headers of a remote answer, by their names in lower case.
 *
 * @internal
 */
export type RemoteHeaders = Readonly<
  Record<string, string | string[] | undefined>
>;

const CODING = /^[\w!#$%&'*+.^`|~-]+$/;

/**
 * What the headers of a remote answer say about the file; what does not parse stays undefined.
 *
 * @throws RemoteFileError for a content coding that cannot be told to anybody, and for a transfer coding that
 *   nobody takes off: without it the bytes are something else
 * @internal
 */
export function statOfHeaders(headers: RemoteHeaders): FileStat {
  if (!membersOf(headers['transfer-encoding']).every(isChunked)) {
    throw new RemoteFileError('refused', 'A Transfer-Encoding cannot be read');
  }
  const type = parseMediaType(fieldOf(headers, 'content-type'));
  return {
    ...validatorsOf(headers),
    size: sizeOf(fieldOf(headers, 'content-length')),
    contentType: type && formatMediaType({ type: type.type }),
    charset: type?.charset,
    encoding: codingOf(headers['content-encoding']),
    name: receivedFileName(fieldOf(headers, 'content-disposition')),
    acceptsRanges: acceptsRanges(headers['accept-ranges']),
  };
}

/**
 * Tag and date alone.
 *
 * @internal
 */
export function validatorsOf(
  headers: RemoteHeaders,
): Pick<FileStat, 'etag' | 'lastModified'> {
  const tag = parseEntityTag(fieldOf(headers, 'etag') ?? '');
  return {
    lastModified: parseHttpDate(fieldOf(headers, 'last-modified')),
    etag: tag && formatEntityTag(tag),
  };
}

/**
 * A field that is there once; one that is there twice contradicts itself.
 *
 * @internal
 */
export function fieldOf(
  headers: RemoteHeaders,
  name: string,
): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function sizeOf(value: string | undefined): number | undefined {
  if (value === undefined || !/^\d{1,15}$/.test(value)) return undefined;
  return Number(value);
}

/** Asked for as identity; a server that compresses all the same is passed on as what it is. */
function codingOf(value: string | string[] | undefined): string | undefined {
  const codings = membersOf(value).filter((coding) => coding !== 'identity');
  if (codings.length === 0) return undefined;
  if (codings.every((coding) => CODING.test(coding))) return codings.join(', ');
  throw new RemoteFileError('refused', 'A Content-Encoding cannot be read');
}

function isChunked(coding: string): boolean {
  return coding === 'chunked';
}

function acceptsRanges(
  value: string | string[] | undefined,
): boolean | undefined {
  const units = membersOf(value);
  return units.length === 0 ? undefined : units.includes('bytes');
}

function membersOf(value: string | string[] | undefined): string[] {
  return [value ?? []]
    .flat()
    .join(',')
    .split(',')
    .map((member) => member.trim().toLowerCase())
    .filter((member) => member !== '');
}
