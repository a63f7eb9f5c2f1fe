import {
  PreconditionFailedException,
  Inject,
  Injectable,
  Logger,
} from '@nestjs/common';

import {
  type CheckedDownloadOptions,
  DOWNLOAD_OPTIONS,
} from '../download.options.js';
import {
  type DownloadBackend,
  type DownloadExplanation,
  type OffloadNote,
  REFUSALS,
  type ProxiableRequest,
  type ProxiedDownloadResponse,
} from '../responses/download-backend.js';
import { clientName } from '../responses/describe.js';
import { DownloadResponse } from '../responses/download-response.js';
import { type DownloadContext } from './download-context.js';
import { type OffloadOutcome, offloadOutcome } from './offload.js';
import { type ExplanationReport } from './explanation.js';

/** Not the application's doing, and on every answer of Express. */
const NOBODY_MISSES = 'x-powered-by';

type ExplainedRequest = Pick<DownloadContext, 'method' | 'headers' | 'report'>;

/**
 * The outcome for a request, and why it is that one, for somebody who wants to know.
 *
 * @throws what offloadOutcome() throws
 * @internal
 */
export async function explainedOutcome(
  download: DownloadResponse,
  context: DownloadContext,
  explanations: ExplanationReport,
  backend: DownloadBackend,
): Promise<OffloadOutcome> {
  const { outcome, explanation } = await outcomeAndExplanation(
    download,
    context,
    backend,
    context.response.headerNames(),
  );
  explanations.tell(explanation);
  return outcome;
}

/** @param setAlready names of the headers that the application has set on the response itself */
async function outcomeAndExplanation(
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
    return (await outcomeAndExplanation(download, request, backend))
      .explanation;
  } catch (error) {
    if (!(error instanceof PreconditionFailedException)) throw error;
    const reason = REFUSALS.precondition;
    return explanationOf(download, backend, { reason });
  }
}

async function offloadedBy(
  { offloadHeader, location, status, description }: ProxiedDownloadResponse,
  download: DownloadResponse,
  backend: DownloadBackend,
  { rule }: OffloadNote,
  setAlready: readonly string[],
): Promise<DownloadExplanation> {
  const { headers } = description ?? (await download.describe());
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
  const name = clientName(file, presentation);
  return { name, backend, offloaded: false, rule, lostHeaders: [], reason };
}

/**
 * Says what would become of a download: who sends it, from where, which headers get lost on the way, and
 * why the server in front does not send it where it does not. Inject it; the module provides it.
 *
 * ```ts
 * constructor(private readonly explainer: DownloadExplainer) {}
 * // ...
 * const response = new DownloadResponse(new LocalFile('/srv/media/a.pdf'));
 * const { offloaded, reason } = await this.explainer.explain(response, request);
 * ```
 *
 * @publicApi
 */
@Injectable()
export class DownloadExplainer {
  readonly #logger = new Logger('DownloadModule');

  constructor(
    @Inject(DOWNLOAD_OPTIONS) private readonly options: CheckedDownloadOptions,
  ) {}

  /**
   * Sends and changes nothing; the file is asked for its facts, and hooks of the download are called, as
   * they would be for the request.
   *
   * @param request a request of either adapter, or just its method and headers; a plain GET by default
   * @throws FileNotFoundError where there is no such file
   * @throws StorageUnavailableError, RemoteFileError where it cannot be asked
   */
  explain(
    { file, presentation }: DownloadResponse,
    {
      method,
      headers,
    }: Pick<ProxiableRequest, 'method' | 'headers'> = PLAIN_GET,
  ): Promise<DownloadExplanation> {
    // A copy: the response itself remembers what it was told first.
    const download = new DownloadResponse(file, presentation);
    download.setDefaults(this.options);
    const report = (message: string): void => this.#logger.warn(message);
    return explainOffload(
      download,
      { method, headers, report },
      presentation.backend ?? this.options.backend,
    );
  }
}

const PLAIN_GET = { method: 'GET', headers: {} };
