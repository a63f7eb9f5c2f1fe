import { type DownloadBackend } from '../responses/download-backend.js';
import { type DownloadResponse } from '../responses/download-response.js';
import { type DownloadAnswer } from '../streaming/download-answer.js';

const LIMIT_OF_NGINX = 'X-Accel-Limit-Rate';

/**
 * Has the application keep to the rate of a download that it sends itself. What says nothing is left to the
 * backend's own rate, which nginx keeps to in any case.
 *
 * @internal
 */
export function limitAnswer(
  answer: DownloadAnswer,
  { limitRate }: DownloadResponse,
  backend: DownloadBackend,
): void {
  if (!answer.hasBody) return;
  const rate = limitRate ?? backend.limitRate;
  if (rate) answer.pace(rate);
  if (limitRate !== undefined && LIMIT_OF_NGINX in answer.head.headers) {
    answer.add({ [LIMIT_OF_NGINX]: '0' });
  }
}
