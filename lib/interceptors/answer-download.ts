import { FileChangedError } from '../errors/download-errors.js';
import { type DownloadDescription } from '../responses/describe.js';
import {
  type DownloadBackend,
  refuseAll,
} from '../responses/download-backend.js';
import { type DownloadResponse } from '../responses/download-response.js';
import { type Presentation } from '../responses/presentation.js';
import { andThen, type Awaitable, orElse } from '../storages/awaitable.js';
import { type FileStat } from '../storages/file-stat.js';
import { planBody, type SatisfiablePlan } from '../streaming/body-plan.js';
import {
  type AnswerBody,
  DownloadAnswer,
} from '../streaming/download-answer.js';
import {
  openedByTag,
  type OpenedDownload,
  openDownload,
  sourceOf,
} from '../streaming/opened-download.js';
import { type ResponseHead } from '../streaming/response-head.js';
import {
  headOf,
  isCutBy,
  isJudgedAt,
  isNotModified,
  notModifiedHead,
  rangeNotSatisfiable,
  announcedRanges,
  withHeaders,
  withStatus,
  withWantedDigest,
} from './answer-head.js';
import { isForOrigin, remoteAnswer } from './answer-remote.js';
import { AnswerUse } from './answer-use.js';
import { trackAnswer } from './download-tracking.js';
import { explainedOutcome } from './download-explainer.js';
import { type DownloadSlot, limitAnswer } from './limits.js';
import { type DownloadContext } from './download-context.js';
import {
  askedFor,
  offloadOutcome,
  type OffloadOutcome,
  statFor,
} from './offload.js';
import { acquireLease } from './answer-lease.js';

/**
 * Decides a download: the server in front sends it, or the client has it already, or we send it.
 *
 * @param backend the download's own, or the configured one
 * @param configured the one of the server that is in front in any case
 * @param slot its place among those that go on at once, where they are limited
 * @throws FileNotFoundError, StorageUnavailableError, RemoteFileError by the file
 * @throws TooManyDownloadsError where there is no place
 * @throws PreconditionFailedException (RFC 9110 15.5.13), HttpException 416 (15.5.17)
 * @internal
 */
export function answerDownload(
  download: DownloadResponse,
  context: DownloadContext,
  backend: DownloadBackend,
  configured: DownloadBackend,
  slot?: DownloadSlot,
): Awaitable<DownloadResponse> {
  const { file } = download;
  if (file.discard) context.onClose(() => file.discard?.());
  const { tracked } = context;
  const use = file.use && new AnswerUse(file.use(), context);
  const limiter = context.link?.limiter;
  return andThen(decided(download, context, backend, configured), (answer) => {
    const id = answer.isOffloaded ? answer.identify(tracked?.id) : undefined;
    const passed = andThen(
      slot?.take(answer, context, id),
      () => limiter && acquireLease(limiter, answer, download, context, id),
    );
    return andThen(passed, () => {
      if ((download.limitRate ?? backend.limitRate) !== undefined) {
        limitAnswer(answer, download, backend);
      }
      use?.follow(answer, id);
      if (tracked) {
        trackAnswer(answer, download, tracked, backend, id !== undefined);
      }
      context.onClose(() => answer.close());
      return download.answerBy(answer);
    });
  });
}

/** Who sends it, and with what head. */
function decided(
  download: DownloadResponse,
  context: DownloadContext,
  backend: DownloadBackend,
  configured: DownloadBackend,
): Awaitable<DownloadAnswer> {
  if (backend.proxy === refuseAll && !context.explanations) {
    return streamedAtLast(download, context, { asked: backend, configured });
  }
  const asked = askedFor(
    download,
    context.link?.limiter,
    context.status,
    backend,
    context.completions,
  );
  return andThen(outcomeOf(download, context, asked), (outcome) =>
    outcome.kind === 'stream'
      ? streamedAtLast(
          download,
          context,
          { asked, configured },
          outcome.announced,
        )
      : offloaded(outcome, context),
  );
}

function outcomeOf(
  download: DownloadResponse,
  context: DownloadContext,
  backend: DownloadBackend,
): Awaitable<OffloadOutcome> {
  return context.explanations
    ? explainedOutcome(download, context, context.explanations, backend)
    : offloadOutcome(download, context, backend);
}

function offloaded(
  outcome: Exclude<OffloadOutcome, { kind: 'stream' }>,
  context: DownloadContext,
): DownloadAnswer {
  forbidCompression(context);
  return outcome.kind === 'not-modified'
    ? answerOf(notModifiedHead(outcome.description), context)
    : answerOf(outcome.proxied, context);
}

interface Servers {
  /** The download's own, or the configured one. */
  readonly asked: DownloadBackend;
  /** The one that is in front in any case. */
  readonly configured: DownloadBackend;
}

/** Once more where another file has taken its place between the decision and the first byte. */
function streamedAtLast(
  download: DownloadResponse,
  context: DownloadContext,
  servers: Servers,
  announced?: DownloadDescription,
): Awaitable<DownloadAnswer> {
  const attempt = (known?: FileStat): Awaitable<DownloadAnswer> =>
    streamed(download, context, servers, announced, known);
  return orElse(
    () => attempt(download.boundStat),
    (error) => {
      if (!(error instanceof FileChangedError)) throw error;
      return attempt();
    },
  );
}

function streamed(
  download: DownloadResponse,
  context: DownloadContext,
  servers: Servers,
  announced: DownloadDescription | undefined,
  known: FileStat | undefined,
): Awaitable<DownloadAnswer> {
  const { asked } = servers;
  const { file } = download;
  if (known) {
    const opened = openedByTag(file, known, context);
    return answerFrom(opened, download, context, servers, announced);
  }
  const isHead = context.method === 'HEAD';
  const ask = file.hasOwnBytes ? undefined : file.request?.bind(file);
  return ask && isForOrigin(download, context)
    ? andThen(
        remoteAnswer(download, ask, context, frontOf(servers)),
        ({ head, body }) => {
          if (head.length !== undefined) forbidCompression(context);
          return answerOf(head, context, body, asked);
        },
      )
    : andThen(openDownload(file, context, isHead), (opened) =>
        answerFrom(opened, download, context, servers, announced),
      );
}

function frontOf({ asked, configured }: Servers): DownloadBackend {
  return asked.streamHeaders ? asked : configured;
}

/** What is held open is let go of, unless its bytes are the answer's. */
function answerFrom(
  opened: OpenedDownload,
  ...given: [
    download: DownloadResponse,
    context: DownloadContext,
    servers: Servers,
    announced: DownloadDescription | undefined,
  ]
): Awaitable<DownloadAnswer> {
  const failed = (error: unknown): Awaitable<never> =>
    andThen(opened.close(), () => {
      throw error;
    });
  return andThen(
    orElse(() => answerWith(opened, ...given), failed),
    (answer) =>
      answer.hasBody ? answer : andThen(opened.close(), () => answer),
  );
}

function answerWith(
  opened: OpenedDownload,
  download: DownloadResponse,
  context: DownloadContext,
  servers: Servers,
  announced: DownloadDescription | undefined,
): Awaitable<DownloadAnswer> {
  const { method, status } = context;
  const { presentation } = download;
  const { asked, configured } = servers;
  // Behind a server, the backend wants them as well.
  if (method === 'HEAD') download.know(opened);
  return andThen(
    announced || asked.validators
      ? statFor(context, download, asked, opened, announced)
      : opened.stat,
    (stat) => {
      const description = download.describeBy(stat);
      return andThen(
        isJudgedAt(status) && isNotModified(download, description, context),
        (isKnown) => {
          if (isKnown) return answerOf(notModifiedHead(description), context);
          const plan = planFor(context, opened, description, presentation);
          const isCut = plan.kind === 'whole' && isCutBy(configured, context);
          const ranges = isCut
            ? false
            : announcedRanges(context, opened, description, presentation);
          const head = withStatus(
            headOf(plan, description, frontOf(servers), ranges),
            status,
          );
          if (description.size !== undefined) forbidCompression(context);
          if (method === 'HEAD') return answerOf(head, context);
          return andThen(sourceOf(plan, opened), (source) =>
            answerOf(head, context, { source, size: head.length }, asked),
          );
        },
      );
    },
  );
}

const WHOLE: SatisfiablePlan = { kind: 'whole' };

/** @throws HttpException 416 with Content-Range (RFC 9110 15.5.17) */
function planFor(
  { method, headers, response, status }: DownloadContext,
  opened: OpenedDownload,
  description: DownloadDescription,
  { acceptRanges }: Presentation,
): SatisfiablePlan {
  if (
    acceptRanges === false ||
    status !== 200 ||
    method !== 'GET' ||
    headers.range === undefined ||
    opened.mostRanges === 0
  ) {
    return WHOLE;
  }
  // Of several ranges each part has the type that the whole file would go out with.
  const contentType =
    response.getHeader('Content-Type')?.toString() ?? description.contentType;
  const typed = { ...description, contentType };
  const plan = planBody(headers, typed, opened.mostRanges);
  if (plan.kind !== 'unsatisfiable') {
    return isFair(plan, opened) ? plan : WHOLE;
  }
  throw rangeNotSatisfiable(response, description.size ?? 0);
}

function isFair(plan: SatisfiablePlan, opened: OpenedDownload): boolean {
  if (!opened.gives || !('range' in plan || 'multipart' in plan)) return true;
  return opened.gives(
    'range' in plan
      ? [plan.range]
      : plan.multipart.parts.map(({ range }) => range),
  );
}

/** Where no-transform is not heeded: @fastify/compress looks at the request, and codes even an empty body. */
function forbidCompression({ response }: DownloadContext): void {
  response.raw.req.headers['x-no-compression'] = '1';
}

function answerOf(
  head: ResponseHead,
  { response, method, headers, report, explanations, link }: DownloadContext,
  body?: AnswerBody,
  backend?: DownloadBackend,
): DownloadAnswer {
  const explained = explanations
    ? withHeaders(head, explanations.headers)
    : head;
  const wanted = headers['want-repr-digest'];
  return new DownloadAnswer({
    head:
      wanted === undefined ? explained : withWantedDigest(explained, wanted),
    body,
    response,
    link,
    isHead: method === 'HEAD',
    idleTimeout: backend?.idleTimeout,
    report,
  });
}
