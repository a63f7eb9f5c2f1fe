import { type IncomingHttpHeaders } from 'node:http';

import { formatEntityTag, parseEntityTag } from '../http/entity-tag.js';
import { parseHttpDate } from '../http/http-date.js';
import { formatMediaType, parseMediaType } from '../http/media-type.js';
import { type FileStat } from '../storages/file-stat.js';

/**
 * What the headers of a remote answer say about the file; what does not parse stays undefined.
 *
 * @internal
 */
export function statOfHeaders(headers: IncomingHttpHeaders): FileStat {
  const type = parseMediaType(headers['content-type']);
  const tag = parseEntityTag(headers.etag ?? '');
  return {
    size: sizeOf(headers['content-length']),
    lastModified: parseHttpDate(headers['last-modified']),
    etag: tag && formatEntityTag(tag),
    contentType: type && formatMediaType({ type: type.type }),
    charset: type?.charset,
    encoding: codingOf(headers['content-encoding']),
  };
}

function sizeOf(value: string | undefined): number | undefined {
  if (value === undefined || !/^\d{1,15}$/.test(value)) return undefined;
  return Number(value);
}

/** Asked for as identity; a server that compresses all the same is passed on as what it is. */
function codingOf(value: string | undefined): string | undefined {
  return value === undefined || value.toLowerCase() === 'identity'
    ? undefined
    : value;
}
