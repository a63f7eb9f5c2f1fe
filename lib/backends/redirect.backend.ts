import {
  CHECKED_ELSEWHERE,
  checkOptions,
  type OptionChecks,
  wholeNumber,
} from '../errors/check-options.js';
import { quote } from '../errors/download-errors.js';
import { isOnHostOf } from '../files/http-file-url.js';
import { cacheControlWithin } from '../http/cache-control.js';
import { ifRangeHolds } from '../http/preconditions.js';
import { rangesOf } from '../http/range.js';
import { type DownloadDescription } from '../responses/describe.js';
import {
  type DownloadBackend,
  type ProxiableDownload,
  type ProxiableRequest,
  refuse,
  type DownloadSource,
  type Refusal,
  ProxiedDownloadResponse,
} from '../responses/download-backend.js';
import { givenHeader } from '../responses/response-headers.js';
import { type TemporaryUrlOptions } from '../storages/download-storage.js';
import { checkHosts, plainAddress } from './store-hosts.js';
import { codingWarning, headerWarnings } from './boot-warnings.js';
import { isCoded } from './server-backend.js';

/**
 * Options of redirect().
 *
 * @publicApi
 */
export interface RedirectOptions {
  /** The stores that clients may be sent to: `host` or `host:port`, compared exactly, no wildcards. */
  readonly hosts: readonly string[];
  /**
   * Seconds that an address works; 300 by default. It has to be followed within that time, the download
   * may take longer.
   */
  readonly expiresIn?: number;
}

const EXPIRES_IN = 300;

const CHECKS: OptionChecks<RedirectOptions> = {
  hosts: CHECKED_ELSEWHERE,
  expiresIn: wholeNumber(1, 'Give whole seconds, 1 or more.'),
};

const HEADERS = {
  // Whoever asks again is to be let through again, and would find an address that works no more.
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
};

/**
 * The client fetches the file from the store itself: a file whose storage knows `temporaryUrl()` is answered
 * with 302 to such an address. It carries name, type and disposition of the download, and its Cache-Control for
 * the client alone; it works for a while for whoever has it.
 *
 * ```ts
 * redirect({ hosts: ['bucket.s3.eu-central-1.amazonaws.com'] })
 * ```
 *
 * The application decides who may have the file, and answers conditions, ranges that a store may misread (several of
 * them, malformed ones, those of an empty file or behind the end, an If-Range that the store would have to judge) and
 * HEAD. It sends a file itself
 * that has no such address, whose address leads to another host (the log names it once), or that has a
 * content coding; and it answers other methods than GET. What else the application says of a download, such as
 * `headers`, the store does not know.
 *
 * @throws InvalidOptionsError for options that are unknown or wrong
 * @publicApi
 */
export function redirect(options: RedirectOptions): DownloadBackend {
  checkOptions('redirect', options, CHECKS, {
    example: "{ hosts: ['bucket.s3.example'] }",
  });
  const hosts = checkHosts('redirect.hosts', options.hosts);
  const { expiresIn = EXPIRES_IN } = options;
  const reported = new Set<string>();
  return {
    name: 'redirect',
    losesHeader: isLostByStores,
    warnings: (sources = []) =>
      sources.flatMap((source) => [
        ...warningsOf(source),
        ...headerWarnings(
          { name: 'redirect', losesHeader: isLostByStores },
          source,
        ),
      ]),
    async proxy(response: ProxiableDownload, request: ProxiableRequest) {
      const { file } = response;
      if (request.method !== 'GET') return refuse(request, 'redirectsGet');
      if (!file.temporaryUrl) return refuse(request, 'noAddress');
      if (response.limitRate) return refuse(request, 'limitRate');
      const description = await response.describe();
      if (isCoded(description)) return refuse(request, 'coding');
      const refusal = rangeRefusal(request, description);
      if (refusal) return refuse(request, refusal);
      const address = await file.temporaryUrl({
        expiresIn,
        ...presented(description),
        cacheControl: keptBy(description, expiresIn),
      });
      const fault = faultOf(address, hosts);
      if (fault === undefined) {
        return new ProxiedDownloadResponse('Location', address, HEADERS, {
          status: 302,
          unconditional: true,
          unranged: true,
        });
      }
      if (!reported.has(fault)) request.report(fault);
      reported.add(fault);
      return refuse(request, 'remoteHost');
    },
  };
}

/** A store is told these along with the address, and has tag and date of its own. */
const REACHING = [
  'cache-control',
  'content-type',
  'content-disposition',
  'etag',
  'last-modified',
];

function isLostByStores(name: string): boolean {
  return !REACHING.includes(name.toLowerCase());
}

function warningsOf({ owner, place, encoding }: DownloadSource): string[] {
  if (encoding !== undefined) {
    return [codingWarning('redirect', owner, encoding)];
  }
  if (!place || place.hasTemporaryUrl) return [];
  return [
    `${owner} hands out files without temporaryUrl(), to which redirect() sends nobody: the application sends ` +
      'them itself. Keep them in a store that has it. Where that is meant, say so: give the controller the ' +
      'backend stream().',
  ];
}

function presented({
  name,
  contentType,
  attachment,
  version,
  isBoundByAddress,
}: DownloadDescription): Omit<
  TemporaryUrlOptions,
  'expiresIn' | 'cacheControl'
> {
  const bound = isBoundByAddress ? { version } : {};
  return { basename: name, contentType, attachment, ...bound };
}

/** The address is one client's, and nobody is to have the file from a cache when it works no more. */
function keptBy(
  { headers }: DownloadDescription,
  seconds: number,
): string | undefined {
  const value = givenHeader(headers, 'Cache-Control');
  return value && cacheControlWithin(value, seconds, false, false);
}

/**
 * Stores ignore If-Range, and the client's Range goes with the client: only one that holds as it is may be left to
 * them.
 */
function rangeRefusal(
  { headers }: ProxiableRequest,
  description: DownloadDescription,
): Refusal | undefined {
  const { range, 'if-range': given } = headers;
  if (range === undefined) return undefined;
  const ifRange = given?.toString();
  if (ifRange?.startsWith('"') && ifRange !== description.version) {
    return 'remoteTag';
  }
  if (!ifRangeHolds(ifRange, description, new Date())) return 'ranges';
  const ranges = rangesOf(range, description.size ?? 0);
  return Array.isArray(ranges) && !range.includes(',') ? undefined : 'ranges';
}

/** Why a client is not sent to this address. */
function faultOf(
  address: string,
  hosts: readonly string[],
): string | undefined {
  const url = plainAddress(address);
  if (url && isOnHostOf(hosts, url)) return undefined;
  const where = url
    ? `on ${quote(url.host)}, which redirect.hosts does not name`
    : 'that clients may read differently: new URL(address).href is another text';
  return `temporaryUrl() gave an address ${where}. The application sends such files itself.`;
}
