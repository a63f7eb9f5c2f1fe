import { type DownloadBackend } from '../responses/download-backend.js';
import { type DownloadResponse } from '../responses/download-response.js';
import { type FileStat } from '../storages/file-stat.js';
import { type Exchange } from './exchange.js';

/**
 * The facts for an answer of the application. What HEAD says has to hold for the GET that follows: where
 * the server in front sends the file, with its own tag and date.
 *
 * @internal
 */
export async function statFor(
  { method }: Exchange,
  download: DownloadResponse,
  backend: DownloadBackend,
  stat: FileStat,
): Promise<FileStat> {
  if (method !== 'HEAD' || !backend.validators) return stat;
  return (await backend.proxy(download))
    ? { ...stat, ...(await backend.validators(download.file)) }
    : stat;
}
