import {
  type AnswerOutcome,
  type AnswerLimiter,
} from '../http/answer-limiter.js';
import { parseContentRange } from '../http/range.js';
import { DownloadResponse } from '../responses/download-response.js';
import { planBody } from '../streaming/body-plan.js';
import { cutConnection } from '../streaming/connection.js';
import { type DownloadAnswer } from '../streaming/download-answer.js';
import { type SignedLink } from '../signing/signed-message.js';
import { type DownloadContext } from './download-context.js';
import { type SentByServer, whenSentByServer } from './answer-use.js';
import { MOST_ASKED } from './offload.js';

/**
 * Asks the limiter of a limited link about an answer with a body, and tells it what became of that. What does not
 * pass is let go of.
 *
 * @param id that the server in front logs it with, where that is handed the file
 * @throws what the limiter throws
 * @internal
 */
export async function acquireLease(
  limiter: AnswerLimiter,
  answer: DownloadAnswer,
  download: DownloadResponse,
  context: DownloadContext,
  id: string | undefined,
): Promise<void> {
  const isHandedOver = id !== undefined;
  if (!answer.hasBody && !isHandedOver) return;
  try {
    const { length, size } = isHandedOver
      ? await lengthsByServer(download, context)
      : await lengthsOf(answer, download);
    const { ETag: etag } = answer.head.headers;
    const { raw } = context.response;
    const cut = (): void => {
      // What a server sends runs out.
      if (isHandedOver) return;
      cutConnection(raw, new Error('Its link works no longer'));
    };
    const lease = await limiter.acquire({ length, size, etag, cut });
    if (!isHandedOver) {
      answer.leaseBy(lease);
      return;
    }
    answer.add(lease.headers ?? {});
    whenSentByServer(id, answer, context, (sent) =>
      lease.over(outcomeOf(sent, length)),
    );
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
  { head: { status, contentRange, length } }: DownloadAnswer,
  download: DownloadResponse,
): Promise<Lengths> {
  if (status === 200) return { length, size: length };
  const range = parseContentRange(contentRange);
  const { size } = range ?? (await download.describe());
  return { length, size };
}

/** What the server in front is going to make of Range and If-Range: it was asked only where it reads them alike. */
async function lengthsByServer(
  download: DownloadResponse,
  { headers }: DownloadContext,
): Promise<Lengths> {
  const description = await download.describe();
  const { size } = description;
  const plan = planBody(headers, description, MOST_ASKED);
  if (plan.kind === 'range') {
    return { length: plan.range.end - plan.range.start + 1, size };
  }
  return {
    length: plan.kind === 'multipart' ? plan.multipart.length : size,
    size,
  };
}

/** An answer without the file, such as a 304 or 416 of the server, is none. Of what nobody knows, all was sent. */
function outcomeOf(
  sent: SentByServer,
  length: number | undefined,
): AnswerOutcome {
  if (sent === 'unknown') return { hasBegun: true, unsent: 0 };
  if (sent === 'never' || sent.status >= 300) {
    return { hasBegun: false, unsent: 0 };
  }
  // Less than nothing where it has sent more than was asked for.
  return { hasBegun: true, unsent: (length ?? sent.bytes) - sent.bytes };
}

/**
 * The response as the signed link wants it presented, where the request came by one: what the link fixes
 * comes before what the route says.
 *
 * @internal
 */
export function presentedByLink(
  response: DownloadResponse,
  { presentation: fixed }: SignedLink,
): DownloadResponse {
  if (!fixed || Object.keys(fixed).length === 0) return response;
  return new DownloadResponse(response.file, {
    ...response.presentation,
    ...fixed,
  });
}
