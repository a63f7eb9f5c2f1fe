import { type LinkGate } from '../http/link-gate.js';
import { parseContentRange } from '../http/range.js';
import { DownloadResponse } from '../responses/download-response.js';
import { cutConnection } from '../streaming/connection.js';
import { type DownloadAnswer } from '../streaming/download-answer.js';
import { type Exchange } from './exchange.js';

/**
 * Asks the gate of a limited link about an answer with a body. What does not pass is let go of.
 *
 * @throws what the gate throws
 * @internal
 */
export async function passGate(
  gate: LinkGate,
  answer: DownloadAnswer,
  download: DownloadResponse,
  exchange: Exchange,
): Promise<void> {
  const { raw } = exchange.response;
  if (!answer.hasBody) return;
  try {
    const { length, size } = await lengthsOf(answer, download);
    const { ETag: etag } = answer.head.headers;
    const cut = (): void => cutConnection(raw);
    answer.admit(await gate.admit({ length, size, etag, cut }));
  } catch (error) {
    answer.close();
    throw error;
  }
}

interface Lengths {
  readonly length?: number;
  readonly size?: number;
}

async function lengthsOf(
  { head: { status, headers, length } }: DownloadAnswer,
  download: DownloadResponse,
): Promise<Lengths> {
  if (status === 200) return { length, size: length };
  const range = parseContentRange(headers['Content-Range']);
  const { size } = range ?? (await download.describe());
  return { length, size };
}

/**
 * The response as the signed link wants it presented, where the request came by one: what the link fixes
 * comes before what the route says.
 *
 * @internal
 */
export function presentedByLink(
  response: DownloadResponse,
  { link }: Exchange,
): DownloadResponse {
  const fixed = link?.presentation;
  if (!fixed || Object.keys(fixed).length === 0) return response;
  return new DownloadResponse(response.file, {
    ...response.presentation,
    ...fixed,
  });
}
