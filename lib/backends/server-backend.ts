import { stat } from 'node:fs/promises';

import { type DownloadFile } from '../files/download-file.js';
import { formatHttpDate } from '../http/preconditions.js';
import { type DownloadDescription } from '../responses/describe.js';
import {
  type DownloadBackend,
  type ProxiableDownload,
  type ProxiableRequest,
  type Refusal,
  refuse,
  type DownloadSource,
} from '../responses/download-backend.js';
import { ProxiedDownloadResponse } from '../responses/proxied-download-response.js';
import { type ResponseHeaders } from '../responses/response-headers.js';
import { type FileStat } from '../storages/file-stat.js';
import { linkWarnings, ruleWarnings, sourceWarnings } from './boot-warnings.js';
import { type FoundFile, locate, toldPlace } from './locate.js';
import { type PathRule, type ServerProfile } from './rules.js';

// The server makes them, or is told them in another way.
const NOT_TOLD = new Set(['etag', 'last-modified', 'accept-ranges']);

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
  ownHeaders: (
    description: DownloadDescription,
    rule: Rule,
    response: ProxiableDownload,
  ) => ResponseHeaders = () => ({}),
): DownloadBackend {
  const { name, conditions, mostRanges, validators, offloadHeader } = profile;
  return {
    name,
    conditions,
    mostRanges,
    validators,
    losesHeader: profile.losesHeader,
    async proxy(response: ProxiableDownload, request: ProxiableRequest) {
      const { path, url } = response.file;
      // Neither asks a store that may be down.
      if (path === undefined && url === undefined) {
        return refuse(request, 'noPlace');
      }
      if (!isKeptTo(response.limitRate, profile)) {
        return refuse(request, 'limitRate');
      }
      if (rules.length === 0) return refuse(request, 'noRule');
      if (await isElsewhere(response.file, rules)) {
        return refuse(request, 'noRule');
      }
      // An archive asks all its files before it can be described.
      if (hasNoPlace(response.file)) return refuse(request, 'noPlace');
      const description = await response.describe();
      const fault = await faultOf(response.file, description, profile);
      if (fault) return refuse(request, fault);
      const found = await locate(response.file, rules);
      if (!found) return refuse(request, 'noRule');
      request.note?.({ rule: `rules[${rules.indexOf(found.rule)}]` });
      if (isUnreachable(found, profile)) return refuse(request, 'linked');
      const { rule, segments } = found;
      const place = toldPlace(profile.placeOf(rule), segments, profile);
      if (place === undefined) return refuse(request, 'untellable');
      const known = await toldValidators(profile, response, description);
      if (!known) return refuse(request, 'noTag');
      const headers = {
        ...tellableHeaders(description.headers),
        ...known,
        ...ownHeaders(description, rule, response),
      };
      const whole =
        request.headers.range === undefined
          ? undefined
          : wholeAnswer(profile, found, headers);
      return new ProxiedDownloadResponse(offloadHeader, place, headers, {
        whole,
      });
    },
    warnings: (sources) => warningsOf(profile, rules, sources),
  };
}

function isKeptTo(
  limitRate: number | false | undefined,
  {
    keepsTo = (rate): boolean => rate === false,
  }: Pick<ServerProfile<never>, 'keepsTo'>,
): boolean {
  return limitRate === undefined || keepsTo(limitRate);
}

/** The answer for a Range that is not to be obeyed. */
function wholeAnswer<Rule extends PathRule>(
  profile: ServerProfile<Rule>,
  { rule, segments }: FoundFile<Rule>,
  headers: ResponseHeaders,
): ProxiedDownloadResponse | undefined {
  const { whole, placeOf, offloadHeader } = profile;
  if (!whole) return undefined;
  const place = toldPlace((whole.placeOf ?? placeOf)(rule), segments, profile);
  return place === undefined
    ? undefined
    : new ProxiedDownloadResponse(offloadHeader, place, {
        ...headers,
        ...whole.headers,
      });
}

/**
 * Whether a file is another server's alone. That one would have to describe it, and is not asked for nothing.
 *
 * @internal
 */
export async function isElsewhere(
  file: DownloadFile,
  rules: readonly PathRule[],
): Promise<boolean> {
  return file.request !== undefined && !(await locate(file, rules));
}

function hasNoPlace({ path, url }: DownloadFile): boolean {
  return path === undefined && url === undefined;
}

/** A server may hang on a FIFO. Where the file holds itself open, it has looked already. */
async function isRegularFile({ path, hold }: DownloadFile): Promise<boolean> {
  if (path === undefined || hold) return true;
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
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
async function faultOf(
  file: DownloadFile,
  description: DownloadDescription,
  { keepsCoding }: Pick<ServerProfile<never>, 'keepsCoding'>,
): Promise<Refusal | undefined> {
  if (!keepsCoding && isCoded(description)) return 'coding';
  return (await isRegularFile(file)) ? undefined : 'notRegular';
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
async function toldValidators<Rule extends PathRule>(
  { conditions, validators }: ServerProfile<Rule>,
  { file }: ProxiableDownload,
  description: DownloadDescription,
): Promise<ResponseHeaders | undefined> {
  if (conditions !== 'application') return {};
  const known: FileStat = { ...description };
  const { etag, lastModified } = (await validators?.(file, known)) ?? known;
  if (!etag?.startsWith('"')) return undefined;
  return {
    ETag: etag,
    ...(lastModified && { 'Last-Modified': dateOf(lastModified) }),
  };
}

/** RFC 9110 8.8.2.1: never in the future. */
function dateOf(date: Date): string {
  return formatHttpDate(new Date(Math.min(date.getTime(), Date.now())));
}

function tellableHeaders(headers: ResponseHeaders): ResponseHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => !NOT_TOLD.has(name.toLowerCase()),
    ),
  );
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
