import { type IncomingHttpHeaders } from 'node:http';

import { type DownloadCompletions } from '../completions/download-completions.js';
import { type AnswerLimiter } from '../http/answer-limiter.js';
import {
  formatHttpDate,
  modifiedSince,
  parseHttpDate,
} from '../http/preconditions.js';
import { type DownloadDescription } from '../responses/describe.js';
import {
  type Described,
  type DownloadBackend,
  type ProxiableRequest,
  type Refusal,
  REFUSALS,
  refuse,
  type ProxiedDownloadResponse,
} from '../responses/download-backend.js';
import { type DownloadResponse } from '../responses/download-response.js';
import { type ResponseHeaders } from '../responses/response-headers.js';
import { andThen, type Awaitable } from '../storages/awaitable.js';
import { type FileStat } from '../storages/file-stat.js';
import { type BodyPlan, planBody } from '../streaming/body-plan.js';
import { type OpenedDownload } from '../streaming/opened-download.js';
import { isNotModified, isUnchangedByHook, ownHook } from './answer-head.js';

/**
 * Ranges in one answer, counted before they are merged, as where the application sends the file.
 *
 * @internal
 */
export const MOST_ASKED = 50;

/**
 * Whether the server in front is to send the file, and by which answer, or the application, or the client has it
 * already.
 *
 * @internal
 */
export type OffloadDecision =
  | { readonly kind: 'offload'; readonly proxied: ProxiedDownloadResponse }
  | {
      readonly kind: 'stream';
      readonly reason: string;
      /** What the server would have said of the file; the application has to say the same. */
      readonly announced?: DownloadDescription;
    }
  | {
      readonly kind: 'not-modified';
      readonly description: DownloadDescription;
    };

/**
 * Answers the conditions of a request for a file that the server in front could send, by the tag and the date that
 * this server gives it. A request that this server would answer otherwise than the application is the
 * application's.
 *
 * @throws PreconditionFailedException (RFC 9110 15.5.13)
 * @internal
 */
export function decideOffload(
  proxied: ProxiedDownloadResponse,
  download: DownloadResponse,
  request: ProxiableRequest,
  backend: DownloadBackend,
): Awaitable<OffloadDecision> {
  if (!hasConditions(request)) return { kind: 'offload', proxied };
  return andThen(serverDescription(proxied, download, backend), (announced) => {
    if (!announced) return leftToServer(proxied, download, request, backend);
    return andThen(isNotModified(download, announced, request), (isKnown) => {
      if (isKnown) {
        const isOurs =
          proxied.unconditional ||
          backend.conditions === 'application' ||
          ownHook(download) !== undefined;
        return isOurs
          ? { kind: 'not-modified', description: announced }
          : { kind: 'offload', proxied };
      }
      if (
        !proxied.unconditional &&
        !agreesByDate(announced, request, backend)
      ) {
        return { kind: 'stream', reason: REFUSALS.dates, announced };
      }
      return decideRange(proxied, announced, request.headers, backend);
    });
  });
}

function hasConditions({ headers }: ProxiableRequest): boolean {
  return CONDITIONS.some((name) => headers[name] !== undefined);
}

/** A server whose tag nobody knows answers everything itself, but what only the application can know. */
function leftToServer(
  proxied: ProxiedDownloadResponse,
  download: DownloadResponse,
  request: ProxiableRequest,
  backend: DownloadBackend,
): Awaitable<OffloadDecision> {
  return andThen(isUnchangedByHook(download, request), (isUnchanged) =>
    andThen(download.described(isUnchanged), ({ description }) => {
      if (isUnchanged) return { kind: 'not-modified', description };
      // If-Range is about the tag of the server.
      const { range } = request.headers;
      return decideRange(proxied, description, { range }, backend);
    }),
  );
}

/** The description with the tag and the date that the client is told; undefined where only the server knows them. */
function serverDescription(
  { headers, unconditional, description: announced }: ProxiedDownloadResponse,
  download: DownloadResponse,
  backend: DownloadBackend,
): Awaitable<DownloadDescription | undefined> {
  const takesOurTag =
    backend.conditions === 'application' ||
    (unconditional && 'ETag' in headers);
  if (!takesOurTag && !unconditional && !backend.validators) return undefined;
  const described: Awaitable<Described> = announced
    ? { description: announced }
    : download.described(unconditional);
  return andThen(described, ({ description, disk }) => {
    if (takesOurTag) return asAnnounced(description, headers);
    return unconditional
      ? description
      : andThen(
          backend.validators?.(download.file, description, disk),
          (theirs = {}) => withValidators(description, theirs),
        );
  });
}

function withValidators(
  description: DownloadDescription,
  { etag, lastModified }: Pick<FileStat, 'etag' | 'lastModified'>,
): DownloadDescription {
  const others = Object.entries(description.headers).filter(
    ([name]) => name !== 'ETag' && name !== 'Last-Modified',
  );
  return asAnnounced(description, {
    ...Object.fromEntries(others),
    ...(etag !== undefined && { ETag: etag }),
    ...(lastModified && { 'Last-Modified': formatHttpDate(lastModified) }),
  });
}

function asAnnounced(
  description: DownloadDescription,
  headers: ResponseHeaders,
): DownloadDescription {
  return {
    ...description,
    headers,
    etag: headers.ETag,
    lastModified: parseHttpDate(headers['Last-Modified']),
  };
}

/**
 * A server does not know that the application itself says that the file has changed: by its date it would
 * answer 304. And Apache looks at If-Unmodified-Since also where If-Match comes before it.
 */
function agreesByDate(
  { lastModified }: DownloadDescription,
  { headers }: ProxiableRequest,
  { conditions }: DownloadBackend,
): boolean {
  const isModified = (header: string | undefined): boolean | undefined => {
    const since = parseHttpDate(header);
    return since && modifiedSince(lastModified, since);
  };
  if (isModified(headers['if-unmodified-since']) === true) return false;
  return (
    conditions !== 'application' ||
    headers['if-none-match'] !== undefined ||
    isModified(headers['if-modified-since']) !== false
  );
}

/** In this form all servers read it alike; and numbers that each of them can count. */
const PLAIN_RANGE =
  /^bytes=(?:\d{1,18}-\d{0,18}|-\d{1,18})(?:, ?(?:\d{1,18}-\d{0,18}|-\d{1,18}))*$/;

/** What lighttpd reads of a list, though it sends one range only. */
const MOST_READ = 10;

function rangesIn(plan: BodyPlan): number {
  if (plan.kind === 'range') return 1;
  return plan.kind === 'multipart' ? plan.multipart.parts.length : Infinity;
}

/**
 * Who sends what of the file. Servers differ in what they make of ranges that are malformed, too many, or beyond
 * the end: what is to be ignored goes to a place without ranges, and the rest is the application's.
 */
function decideRange(
  proxied: ProxiedDownloadResponse,
  announced: DownloadDescription,
  headers: IncomingHttpHeaders,
  { mostRanges }: DownloadBackend,
): OffloadDecision {
  const { range } = headers;
  if (range === undefined || proxied.unranged || mostRanges === undefined) {
    return { kind: 'offload', proxied };
  }
  const isPlain =
    PLAIN_RANGE.test(range) &&
    range.split(',').length <= Math.max(mostRanges, MOST_READ);
  const plan = planBody(headers, announced, MOST_ASKED);
  if (plan.kind === 'whole') {
    // A tag all servers compare alike.
    const isByTag = isPlain && headers['if-range']?.toString().startsWith('"');
    const { whole } = proxied;
    if (whole) return { kind: 'offload', proxied: isByTag ? proxied : whole };
  } else if (isPlain && rangesIn(plan) <= mostRanges) {
    return { kind: 'offload', proxied };
  }
  return { kind: 'stream', reason: REFUSALS.ranges, announced };
}

const CONDITIONS = [
  'range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
] as const;

/**
 * Who answers a download: the server in front, or the application, or nobody sends anything.
 *
 * @internal
 */
export type OffloadOutcome =
  | { readonly kind: 'offload'; readonly proxied: ProxiedDownloadResponse }
  | {
      readonly kind: 'not-modified';
      readonly description: DownloadDescription;
    }
  | { readonly kind: 'stream'; readonly announced?: DownloadDescription };

/**
 * Asks the backend. HEAD is answered by us: servers differ in what they make of it, and there is nothing to
 * send. Of other methods than GET a server makes a GET, so their conditions and ranges must not reach it.
 *
 * @throws FileNotFoundError, StorageUnavailableError, RemoteFileError by the file
 * @throws PreconditionFailedException (RFC 9110 15.5.13)
 * @internal
 */
export function offloadOutcome(
  download: DownloadResponse,
  request: ProxiableRequest,
  backend: DownloadBackend,
): Awaitable<OffloadOutcome> {
  const { method, headers, note } = request;
  if (download.file.hasOwnBytes) return ourselves(note, REFUSALS.ownBytes);
  if (method === 'HEAD') return ourselves(note, REFUSALS.head);
  if (method !== 'GET' && CONDITIONS.some((name) => name in headers)) {
    return ourselves(note, REFUSALS.notGet);
  }
  return andThen(backend.proxy(download, request), (proxied) => {
    if (!proxied) return STREAM;
    return andThen(
      decideOffload(proxied, download, request, backend),
      (decision): OffloadOutcome => {
        if (decision.kind === 'stream') {
          return {
            ...ourselves(note, decision.reason),
            announced: decision.announced,
          };
        }
        if (decision.kind === 'not-modified') {
          note?.({ reason: REFUSALS.notModified });
        }
        return decision;
      },
    );
  });
}

const STREAM = { kind: 'stream' } as const;

function ourselves(
  note: ProxiableRequest['note'],
  reason: string,
): typeof STREAM {
  note?.({ reason });
  return STREAM;
}

/**
 * The backend for a download that the application sends whatever is in front.
 *
 * @internal
 */
export function refusingBackend(
  { name, streamHeaders, idleTimeout }: DownloadBackend,
  reason: Refusal,
): DownloadBackend {
  return {
    name,
    streamHeaders,
    idleTimeout,
    proxy: (_response, request) => refuse(request, reason),
  };
}

/**
 * The backend for a download by a limited link: to a server that tells what it has sent, under the tag by which a
 * client shows that the link is its own.
 *
 * @internal
 */
export function limitedBackend(backend: DownloadBackend): DownloadBackend {
  const proxy: DownloadBackend['proxy'] = (response, request) =>
    andThen(backend.proxy(response, request), (proxied) => {
      if (!proxied) return undefined;
      if (proxied.status !== 200) return refuse(request, 'counted');
      return 'ETag' in proxied.headers
        ? proxied
        : refuse(request, 'countedTag');
    });
  // No copy: a backend that is a class has its members in its prototype, and may have private ones.
  return new Proxy(backend, {
    get(target, name) {
      if (name === 'proxy') return proxy;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function'
        ? (member.bind(target) as unknown)
        : member;
    },
  });
}

/**
 * The backend to be asked. The application itself sends what is counted, or goes away after its last answer, where
 * nobody says what a server has sent; what has no ranges, since servers cut them out of what they send themselves;
 * and what has another status than 200, which is theirs.
 *
 * @param completions what the server says of the files that it was handed, where it does
 * @internal
 */
export function askedFor(
  { file, presentation }: DownloadResponse,
  limiter: AnswerLimiter | undefined,
  status: number,
  backend: DownloadBackend,
  completions: Pick<DownloadCompletions, 'areRead'> | undefined,
): DownloadBackend {
  if (status !== 200) return refusingBackend(backend, 'status');
  if (presentation.acceptRanges === false) {
    return refusingBackend(backend, 'unranged');
  }
  if (!limiter && !file.needsCompletion) return backend;
  if (!completions?.areRead) {
    return refusingBackend(backend, limiter ? 'counted' : 'temporary');
  }
  return limiter ? limitedBackend(backend) : backend;
}

/**
 * The facts for an answer of the application to a file that the server in front sends, too. What HEAD says
 * has to hold for the GET that follows: with the server's own tag and date. Where the application answers
 * conditions, all its answers have to say the same as the server's.
 *
 * @param announced what the server was found to say of the file for this request
 * @internal
 */
export function statFor(
  request: ProxiableRequest,
  download: DownloadResponse,
  backend: DownloadBackend,
  { stat, disk }: Pick<OpenedDownload, 'stat' | 'disk'>,
  announced?: DownloadDescription,
): Awaitable<FileStat> {
  if (announced) {
    const { etag, lastModified } = announced;
    return { ...stat, etag, lastModified };
  }
  const mayDiffer =
    request.method !== 'HEAD' && backend.conditions !== 'application';
  if (mayDiffer) return stat;
  return andThen(backend.proxy(download, request), (proxied) => {
    if (!proxied) return stat;
    const { ETag: etag, 'Last-Modified': date } = proxied.headers;
    if (proxied.unconditional) {
      return { ...stat, etag, lastModified: parseHttpDate(date) };
    }
    return andThen(
      backend.validators?.(download.file, stat, disk),
      (theirs) => ({ ...stat, ...theirs }),
    );
  });
}
