import { type DownloadBackend } from '../responses/download-backend.js';
import { refuse } from '../responses/offload-note.js';
import { planBody } from '../streaming/body-plan.js';

/**
 * The backend for a download that is counted. The server gets the file only where nothing but its body is
 * left to send: not a condition that it would judge, not a range that it might not serve, and no client is
 * sent to an address that works more often.
 *
 * @internal
 */
export function countedBackend(backend: DownloadBackend): DownloadBackend {
  return {
    name: backend.name,
    streamHeaders: backend.streamHeaders,
    conditions: backend.conditions,
    mostRanges: 1,
    idleTimeout: backend.idleTimeout,
    validators: backend.validators?.bind(backend),
    losesHeader: backend.losesHeader?.bind(backend),
    async proxy(response, request) {
      const proxied = await backend.proxy(response, request);
      if (!proxied) return undefined;
      const isJudged =
        !proxied.unconditional && backend.conditions !== 'application';
      if (proxied.status !== 200 || isJudged) return refuse(request, 'counted');
      const { headers } = request;
      if (headers.range === undefined) return proxied;
      const plan = planBody(headers, await response.describe(), 1);
      return plan.kind === 'range' ? proxied : refuse(request, 'counted');
    },
  };
}
