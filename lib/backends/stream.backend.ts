import { type DownloadBackend } from '../responses/download-backend.js';

/**
 * No server in front, or one that knows no offload: the application sends every file itself.
 *
 * @publicApi
 */
export function stream(): DownloadBackend {
  return { name: 'stream', proxy: () => undefined };
}
