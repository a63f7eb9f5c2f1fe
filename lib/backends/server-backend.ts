import { stat } from 'node:fs/promises';

import { type DownloadFile } from '../files/download-file.js';
import { FrozenMemo } from '../http/memoized.js';
import { formatHttpDate } from '../http/preconditions.js';
import { type DownloadDescription } from '../responses/describe.js';
import {
  type Described,
  type DownloadBackend,
  type ProxiableDownload,
  type ProxiableRequest,
  type Refusal,
  refuse,
  type DownloadSource,
  ProxiedDownloadResponse,
} from '../responses/download-backend.js';
import { type ResponseHeaders } from '../responses/response-headers.js';
import { andThen, type Awaitable } from '../storages/awaitable.js';
import { saysNothing } from '../storages/etag-choice.js';
import { type FileStat } from '../storages/file-stat.js';
import { linkWarnings, ruleWarnings, sourceWarnings } from './boot-warnings.js';
import { type FoundFile, isFirst, locate, offloadLocation } from './locate.js';
import { type PathRule, type ServerProfile } from './rules.js';

// The server makes them, or is told them in another way.
const NOT_TOLD = new Set(['etag', 'last-modified', 'accept-ranges']);

type OwnHeaders<Rule> = (
  description: DownloadDescription,
  rule: Rule,
  response: ProxiableDownload,
) => ResponseHeaders;

/** An answer that says nothing of the request, and for what it is the right one again. */
interface LastingAnswer<Rule> {
  readonly location: string;
  readonly rule: Rule;
  readonly own: ResponseHeaders;
  readonly proxied: ProxiedDownloadResponse;
}

/** Whether nothing of the request goes into the answer, and nobody wants to know how it came about. */
function isPlain({ headers, note }: ProxiableRequest): boolean {
  return headers.range === undefined && note === undefined;
}

/**
 * The backend for a server of this profile. What it is not able to do, the application does: it sends a
 * file that no rule holds, that the server cannot be told, or whose coding the server would not tell.
 *
 * @param ownHeaders headers for the server itself
 * @internal
 */
export function serverBackend<Rule extends PathRule>(
  profile: ServerProfile<Rule>,
  rules: readonly Rule[],
  ownHeaders: OwnHeaders<Rule> = () => NOTHING,
): DownloadBackend {
  const { name, conditions, mostRanges, validators, losesHeader } = profile;
  const answers = new ServerAnswers(profile, rules, ownHeaders);
  return {
    name,
    conditions,
    mostRanges,
    validators,
    losesHeader,
    proxy(response: ProxiableDownload, request: ProxiableRequest) {
      // Neither asks a store that may be down.
      if (hasNoPlace(response.file)) return refuse(request, 'noPlace');
      if (!isKeptTo(response.limitRate, profile)) {
        return refuse(request, 'limitRate');
      }
      if (rules.length === 0) return refuse(request, 'noRule');
      return andThen(isElsewhere(response.file, rules), (isAway) => {
        if (isAway) return refuse(request, 'noRule');
        // An archive asks all its files before it can be described, and may have no place then.
        if (hasNoPlace(response.file)) return refuse(request, 'noPlace');
        return andThen(describedFor(profile, response), (described) =>
          answers.answerTo(request, response, described),
        );
      });
    },
    warnings: (sources) => warningsOf(profile, rules, sources),
  };
}

/** What the server is told; of a file that is as it was, for as long as its rule is the first, the same as before. */
class ServerAnswers<Rule extends PathRule> {
  readonly #lasting = new FrozenMemo<
    DownloadDescription,
    LastingAnswer<Rule>
  >();

  constructor(
    private readonly profile: ServerProfile<Rule>,
    private readonly rules: readonly Rule[],
    private readonly ownHeaders: OwnHeaders<Rule>,
  ) {}

  answerTo(
    request: ProxiableRequest,
    response: ProxiableDownload,
    described: Described,
  ): Awaitable<ProxiedDownloadResponse | undefined> {
    const { description, location } = described;
    const last = isPlain(request) ? this.#lasting.get(description) : undefined;
    if (last && last.location === location) {
      const own = this.ownHeaders(description, last.rule, response);
      if (own === last.own) return last.proxied;
    }
    const { file } = response;
    return andThen(faultOf(file, description, this.profile), (fault) => {
      if (fault) return refuse(request, fault);
      return andThen(locate(file, this.rules, location), (found) => {
        if (!found) return refuse(request, 'noRule');
        request.note?.({ rule: `rules[${this.rules.indexOf(found.rule)}]` });
        return isUnreachable(found, this.profile)
          ? refuse(request, 'linked')
          : this.#tell(found, request, response, described);
      });
    });
  }

  #tell(
    found: FoundFile<Rule>,
    request: ProxiableRequest,
    response: ProxiableDownload,
    { description, location, disk }: Described,
  ): Awaitable<ProxiedDownloadResponse | undefined> {
    const { profile } = this;
    const value = headerValue(found, profile);
    if (value === undefined) return refuse(request, 'untellable');
    return andThen(
      sentValidators(profile, response.file, description, disk),
      (known) => {
        if (!known) return refuse(request, 'noTag');
        const { rule } = found;
        const own = this.ownHeaders(description, rule, response);
        const headers = tellableHeaders(description.headers, known, own);
        const whole = wholeAnswer(profile, found, headers, request);
        const proxied = new ProxiedDownloadResponse(
          profile.offloadHeader,
          value,
          headers,
          { whole },
        );
        if (
          known === NOTHING &&
          !whole &&
          isFirst(rule, this.rules, location)
        ) {
          Object.freeze(proxied.headers);
          this.#lasting.set(description, { location, rule, own, proxied });
        }
        return proxied;
      },
    );
  }
}

function isKeptTo(
  limitRate: number | false | undefined,
  {
    keepsTo = (rate): boolean => rate === false,
  }: Pick<ServerProfile<never>, 'keepsTo'>,
): boolean {
  return limitRate === undefined || keepsTo(limitRate);
}

/** What names the file to the server; undefined where that cannot be told it. */
function headerValue<Rule extends PathRule>(
  { rule, segments }: FoundFile<Rule>,
  profile: ServerProfile<Rule>,
): string | undefined {
  return offloadLocation(profile.destinationOf(rule), segments, profile);
}

/** The answer for a Range that is not to be obeyed. */
function wholeAnswer<Rule extends PathRule>(
  profile: ServerProfile<Rule>,
  { rule, segments }: FoundFile<Rule>,
  headers: ResponseHeaders,
  request: ProxiableRequest,
): ProxiedDownloadResponse | undefined {
  const { whole, destinationOf, offloadHeader } = profile;
  if (!whole || request.headers.range === undefined) return undefined;
  const value = offloadLocation(
    (whole.destinationOf ?? destinationOf)(rule),
    segments,
    profile,
  );
  return value === undefined
    ? undefined
    : new ProxiedDownloadResponse(offloadHeader, value, {
        ...headers,
        ...whole.headers,
      });
}

/**
 * Whether a file is another server's alone. That one would have to describe it, and is not asked for nothing.
 *
 * @internal
 */
export function isElsewhere(
  file: DownloadFile,
  rules: readonly PathRule[],
): Awaitable<boolean> {
  return (
    file.request !== undefined &&
    andThen(locate(file, rules), (found) => found === undefined)
  );
}

/**
 * What is known of a file that was looked at. Its tag is not made where the server has one of its own, and
 * the file none but that of its disk.
 *
 * @internal
 */
export function describedFor(
  { conditions }: Pick<ServerProfile<never>, 'conditions'>,
  response: ProxiableDownload,
): Awaitable<Described> {
  if (!response.described) {
    return response.describe().then((description) => ({ description }));
  }
  const { hasDiskTag = false } = response.file;
  return response.described(conditions === 'application' || !hasDiskTag);
}

/**
 * Whether a file has a tag that does not come from its disk, such as a row's: the path below it may change
 * to another file of the same size and second.
 *
 * @internal
 */
export function hasOwnTag(
  { hasDiskTag = false }: DownloadFile,
  { etag }: DownloadDescription,
): boolean {
  return etag !== undefined && !hasDiskTag;
}

/**
 * Whether the time of a file is one that tools give all files alike.
 *
 * @internal
 */
export function hasFixedTime({ lastModified }: FileStat): boolean {
  return (
    lastModified !== undefined &&
    saysNothing(Math.floor(lastModified.getTime() / 1000))
  );
}

/**
 * Whether the application itself says, for this request, if the file has changed.
 *
 * @internal
 */
export function isDatedByHook(
  { file, presentation }: ProxiableDownload,
  { headers }: ProxiableRequest,
): boolean {
  return (
    (presentation.wasModifiedSince !== undefined ||
      typeof file.wasModifiedSince === 'function') &&
    'if-modified-since' in headers &&
    !('if-none-match' in headers)
  );
}

function hasNoPlace({ path, url }: DownloadFile): boolean {
  return path === undefined && url === undefined;
}

/** A server may hang on a FIFO. Where the file holds itself open, it has looked already. */
function isRegularFile({ path, hold }: DownloadFile): Awaitable<boolean> {
  if (path === undefined || hold) return true;
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

async function warningsOf<Rule extends PathRule>(
  profile: ServerProfile<Rule>,
  rules: readonly Rule[],
  sources: readonly DownloadSource[] = [],
): Promise<readonly string[]> {
  return [
    ...(await ruleWarnings(profile, rules)),
    ...(await sourceWarnings(profile, rules, sources)),
    ...(sources.length > 0 ? linkWarnings(profile, rules) : []),
  ];
}

/** What keeps the file from being sent by whatever rule. */
function faultOf(
  file: DownloadFile,
  description: DownloadDescription,
  { keepsCoding }: Pick<ServerProfile<never>, 'keepsCoding'>,
): Awaitable<Refusal | undefined> {
  if (!keepsCoding && isCoded(description)) return 'coding';
  return andThen(isRegularFile(file), (isRegular) =>
    isRegular ? undefined : 'notRegular',
  );
}

function isUnreachable<Rule extends PathRule>(
  { isLinked }: FoundFile<Rule>,
  { followsLinks }: ServerProfile<Rule>,
): boolean {
  return isLinked && followsLinks === false;
}

/**
 * Tag and date for a server that takes ours; undefined where there is no strong tag, which the server would
 * make up for.
 */
function sentValidators<Rule extends PathRule>(
  { conditions, validators }: ServerProfile<Rule>,
  file: DownloadFile,
  description: DownloadDescription,
  disk: FileStat | undefined,
): Awaitable<ResponseHeaders | undefined> {
  if (conditions !== 'application') return NOTHING;
  const known: FileStat = description;
  return andThen(validators?.(file, known, disk), (sent = known) => {
    const { etag, lastModified } = sent;
    if (!etag?.startsWith('"')) return undefined;
    const headers: Record<string, string> = { ETag: etag };
    if (lastModified) headers['Last-Modified'] = dateOf(lastModified);
    return headers;
  });
}

const NOTHING: ResponseHeaders = {};

/** RFC 9110 8.8.2.1: never in the future. */
function dateOf(date: Date): string {
  return formatHttpDate(new Date(Math.min(date.getTime(), Date.now())));
}

function tellableHeaders(
  headers: ResponseHeaders,
  validators: ResponseHeaders,
  own: ResponseHeaders,
): ResponseHeaders {
  const all: Record<string, string> = {};
  for (const name in headers) {
    if (!NOT_TOLD.has(name.toLowerCase())) all[name] = headers[name] ?? '';
  }
  return Object.assign(all, validators, own);
}

/**
 * Whether the bytes have a content coding.
 *
 * @internal
 */
export function isCoded({ encoding, headers }: DownloadDescription): boolean {
  return (
    encoding !== undefined ||
    Object.keys(headers).some(
      (name) => name.toLowerCase() === 'content-encoding',
    )
  );
}
