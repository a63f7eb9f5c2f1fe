import { PreconditionFailedException } from '@nestjs/common';

import { cleanFileName } from '../http/file-name.js';
import {
  type DownloadBackend,
  type DownloadExplanation,
  type OffloadNote,
  REFUSALS,
} from '../responses/download-backend.js';
import { type DownloadResponse } from '../responses/download-response.js';
import { type ProxiedDownloadResponse } from '../responses/proxied-download-response.js';
import { type Exchange } from './exchange.js';
import { type OffloadOutcome, offloadOutcome } from './offload-outcome.js';

/** Not the application's doing, and on every answer of Express. */
const NOBODY_MISSES = 'x-powered-by';

type ExplainedRequest = Pick<Exchange, 'method' | 'headers' | 'report'>;

/**
 * The outcome for a request, and, where somebody wants to know, why it is that one.
 *
 * @throws what offloadOutcome() throws
 * @internal
 */
export async function toldOutcome(
  download: DownloadResponse,
  exchange: Exchange,
  backend: DownloadBackend,
): Promise<OffloadOutcome> {
  const { told, response } = exchange;
  if (!told) return offloadOutcome(download, exchange, backend);
  const { outcome, explanation } = await explainedOutcome(
    download,
    exchange,
    backend,
    response.headerNames(),
  );
  told.tell(explanation);
  return outcome;
}

/** @param setAlready names of the headers that the application has set on the response itself */
async function explainedOutcome(
  download: DownloadResponse,
  { method, headers, report }: ExplainedRequest,
  backend: DownloadBackend,
  setAlready: readonly string[] = [],
): Promise<{ outcome: OffloadOutcome; explanation: DownloadExplanation }> {
  let noted: OffloadNote = {};
  const note = (further: OffloadNote): void => {
    noted = { ...noted, ...further };
  };
  const outcome = await offloadOutcome(
    download,
    { method, headers, report, note },
    backend,
  );
  const names = setAlready.filter((name) => name !== NOBODY_MISSES);
  return {
    outcome,
    explanation:
      outcome.kind === 'offload'
        ? await offloadedBy(outcome.proxied, download, backend, noted, names)
        : explanationOf(download, backend, {
            reason: REFUSALS.left,
            ...noted,
          }),
  };
}

/**
 * The same for who only wants to know: a request that is refused has an explanation, too.
 *
 * @internal
 */
export async function explainOffload(
  download: DownloadResponse,
  request: ExplainedRequest,
  backend: DownloadBackend,
): Promise<DownloadExplanation> {
  try {
    return (await explainedOutcome(download, request, backend)).explanation;
  } catch (error) {
    if (!(error instanceof PreconditionFailedException)) throw error;
    const reason = REFUSALS.precondition;
    return explanationOf(download, backend, { reason });
  }
}

async function offloadedBy(
  { offloadHeader, location, status }: ProxiedDownloadResponse,
  download: DownloadResponse,
  backend: DownloadBackend,
  { rule }: OffloadNote,
  setAlready: readonly string[],
): Promise<DownloadExplanation> {
  const { headers } = await download.describe();
  // A client that is sent elsewhere gets this answer, with all that the application has set on it.
  const names = [
    ...Object.keys(headers),
    ...(status === 200 ? setAlready : []),
  ];
  return {
    ...explanationOf(download, backend, {}),
    offloaded: true,
    rule,
    offloadHeader,
    // What stands behind a path is part of its name.
    uri: offloadHeader === 'X-Sendfile' ? location : location.split('?')[0],
    lostHeaders: names.filter((name) => backend.losesHeader?.(name) ?? false),
  };
}

function explanationOf(
  { file, presentation }: DownloadResponse,
  { name: backend }: DownloadBackend,
  { rule, reason }: OffloadNote,
): DownloadExplanation {
  const name = cleanFileName(presentation.basename ?? file.name);
  return { name, backend, offloaded: false, rule, lostHeaders: [], reason };
}
