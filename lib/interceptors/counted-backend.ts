import { type DownloadBackend, refuse } from '../responses/download-backend.js';

/**
 * The backend for a download that is counted. The server gets the file only where nothing but the whole of it
 * is left to send: not a condition that it would judge, and no client is sent to an address that works more
 * often. Nor a range: downloaders leave many of them early, and what they do not take is given back only of
 * an answer of our own.
 *
 * @internal
 */
export function countedBackend(backend: DownloadBackend): DownloadBackend {
  return {
    name: backend.name,
    streamHeaders: backend.streamHeaders,
    conditions: backend.conditions,
    idleTimeout: backend.idleTimeout,
    validators: backend.validators?.bind(backend),
    losesHeader: backend.losesHeader?.bind(backend),
    async proxy(response, request) {
      const proxied = await backend.proxy(response, request);
      if (!proxied) return undefined;
      const isJudged =
        !proxied.unconditional && backend.conditions !== 'application';
      const isWhole = request.headers.range === undefined;
      return proxied.status === 200 && isWhole && !isJudged
        ? proxied
        : refuse(request, 'counted');
    },
  };
}
