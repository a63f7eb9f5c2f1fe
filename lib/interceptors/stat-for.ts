import { parseHttpDate } from '../http/preconditions.js';
import { type DownloadBackend } from '../responses/download-backend.js';
import { type DownloadResponse } from '../responses/download-response.js';
import { type FileStat } from '../storages/file-stat.js';
import { type Exchange } from './exchange.js';

/**
 * The facts for an answer of the application to a file that the server in front sends, too. What HEAD says
 * has to hold for the GET that follows: with the server's own tag and date. Where the application answers
 * conditions, all its answers have to say the same as the server's.
 *
 * @internal
 */
export async function statFor(
  exchange: Exchange,
  download: DownloadResponse,
  backend: DownloadBackend,
  stat: FileStat,
): Promise<FileStat> {
  const mayDiffer =
    exchange.method !== 'HEAD' && backend.conditions !== 'application';
  if (!backend.validators || mayDiffer) return stat;
  const proxied = await backend.proxy(download, exchange);
  if (!proxied) return stat;
  const { ETag: etag, 'Last-Modified': date } = proxied.headers;
  return proxied.unconditional
    ? { ...stat, etag, lastModified: parseHttpDate(date) }
    : { ...stat, ...(await backend.validators(download.file, stat)) };
}
