import { StorageUnavailableError } from '../errors/download-errors.js';
import { type DownloadFile } from '../files/download-file.js';
import { ifRangeHolds } from '../http/preconditions.js';
import { rangesOf } from '../http/range.js';
import { type DownloadDescription } from '../responses/describe.js';
import {
  type ProxiableDownload,
  type ProxiableRequest,
  type Refusal,
  refuse,
  ProxiedDownloadResponse,
} from '../responses/download-backend.js';
import { type ResponseHeaders } from '../responses/response-headers.js';
import { type TemporaryUrlOptions } from '../storages/download-storage.js';
import { type FileStat } from '../storages/file-stat.js';
import { type NginxRemoteOptions } from './nginx-options.js';
import { storeUri } from './nginx-remote-config.js';
import { isCoded } from './server-backend.js';
import { addressOn } from './store-hosts.js';

/** nginx asks at once; the clocks of both may differ by a minute or two. */
const EXPIRES_IN = 300;
/** Slice after slice is asked for, as slowly as the client reads. */
const EXPIRES_IN_WITH_CACHE = 6 * 3600;

/**
 * The answer that has nginx fetch a file of another server, where it may and can: one of known size, since
 * nobody else would stop at the size that the application allows, and no several ranges, whose type would
 * be the file's. Stores ignore If-Range: what is asked for is judged here, and bound to the store's version.
 *
 * @param known what is remembered of files for the time that their store cannot be asked
 * @param ownHeaders headers for nginx itself
 * @throws what `describe()` throws
 * @internal
 */
export async function remoteAnswer(
  response: ProxiableDownload,
  request: ProxiableRequest,
  remote: NginxRemoteOptions,
  known: KnownFiles,
  ownHeaders: (description: DownloadDescription) => ResponseHeaders,
): Promise<ProxiedDownloadResponse | undefined> {
  const { file } = response;
  if (!isElsewhere(file)) return undefined;
  if (isOnUnlistedHost(file, remote.hosts)) {
    return refuse(request, 'remoteHost');
  }
  const address = (): Promise<string | undefined> => addressOf(file, remote);
  const { description, isRemembered } = await known.describe(response, address);
  const range = askedRange(request, description);
  const fault = faultOf(description, range, request, remote);
  if (fault) return refuse(request, fault);
  const { isBoundByAddress, version } = description;
  const bound = isBoundByAddress ? { version } : {};
  const given = await addressOf(file, remote, bound);
  const url = given === undefined ? undefined : addressOn(remote.hosts, given);
  if (given === undefined || url === undefined) {
    return refuse(request, 'remoteHost');
  }
  if (!isRemembered) known.keep(given, file, description);
  // Cut, not put together again: every byte of it may be signed.
  const target = given.slice(url.origin.length);
  return new ProxiedDownloadResponse(
    'X-Accel-Redirect',
    `${storeUri(url.protocol.replace(':', ''), url.host)}?${target}`,
    {
      ...description.headers,
      ...orderHeaders(description, range, request, remote),
      ...ownHeaders(description),
    },
    { unconditional: true, unranged: true, description },
  );
}

/** What is asked for of the file: a range, or undefined for the whole; or what the application answers itself. */
type AskedRange =
  { readonly start: number; readonly end: number } | Refusal | undefined;

function askedRange(
  { headers }: ProxiableRequest,
  description: DownloadDescription,
): AskedRange {
  const { size = 0 } = description;
  const ifRange = headers['if-range']?.toString();
  if (!ifRangeHolds(ifRange, description, new Date())) return undefined;
  const ranges = rangesOf(headers.range, size);
  if (ranges === 'ignore') return undefined;
  if (ranges === 'unsatisfiable') return 'ranges';
  const [range, second] = ranges;
  return second === undefined ? range : 'remoteRanges';
}

/** By these nginx would judge what it has in its cache, and by a tag that it does not have. */
const NOT_OF_THE_CACHE = ['if-match', 'if-unmodified-since'];

function faultOf(
  description: DownloadDescription,
  range: AskedRange,
  { headers }: ProxiableRequest,
  { cache }: NginxRemoteOptions,
): Refusal | undefined {
  const { size, version, isBoundByAddress } = description;
  if (isCoded(description)) return 'coding';
  if (size === undefined) return 'remoteSize';
  if (typeof range === 'string') return range;
  if (!cache) return undefined;
  if (size === 0) return 'empty';
  // Slices are bound by a condition.
  if (isBoundByAddress || !version?.startsWith('"')) return 'remoteVersion';
  return NOT_OF_THE_CACHE.some((name) => headers[name] !== undefined)
    ? 'ownTag'
    : undefined;
}

/** In this form nginx cuts the very range out of its cache that was judged here. */
const PLAIN_RANGE = /^bytes=(?:\d{1,18}-\d{0,18}|-\d{1,18})$/;

/**
 * Whether nginx may put the answer together of slices. It then cuts the range itself, and holds If-Range against the
 * tag of the store, slice by slice: where it is another one, the last slice is sent to its end, behind the end of
 * the answer. It holds If-None-Match against that tag, too.
 */
function isFromSlices(
  { etag, version }: DownloadDescription,
  range: AskedRange,
  { headers }: ProxiableRequest,
): boolean {
  if (headers['if-none-match'] !== undefined && etag !== version) return false;
  if (headers.range === undefined) return true;
  const ifRange = headers['if-range']?.toString();
  return (
    typeof range === 'object' &&
    PLAIN_RANGE.test(headers.range) &&
    (ifRange === undefined || ifRange === version)
  );
}

/** What nginx is to ask the store for. */
function orderHeaders(
  description: DownloadDescription,
  range: AskedRange,
  request: ProxiableRequest,
  { cache }: NginxRemoteOptions,
): ResponseHeaders {
  const { version, isBoundByAddress } = description;
  return {
    ...(version !== undefined &&
      !isBoundByAddress && { 'X-Download-Version': version }),
    ...(cache && isFromSlices(description, range, request)
      ? { 'X-Download-Cached': 'yes' }
      : {
          'Accept-Ranges': 'bytes',
          ...(typeof range === 'object' && {
            'X-Download-Range': `bytes=${range.start}-${range.end}`,
          }),
        }),
  };
}

function isElsewhere({ url, temporaryUrl }: DownloadFile): boolean {
  return temporaryUrl !== undefined || url?.startsWith('http') === true;
}

/** Said before the other server is asked to describe the file. */
function isOnUnlistedHost(
  { url, temporaryUrl }: DownloadFile,
  hosts: readonly string[],
): boolean {
  return (
    temporaryUrl === undefined &&
    url !== undefined &&
    addressOn(hosts, url) === undefined
  );
}

async function addressOf(
  file: DownloadFile,
  {
    cache,
    expiresIn = cache ? EXPIRES_IN_WITH_CACHE : EXPIRES_IN,
  }: NginxRemoteOptions,
  bound: Pick<TemporaryUrlOptions, 'version'> = {},
): Promise<string | undefined> {
  return (await file.temporaryUrl?.({ expiresIn, ...bound })) ?? file.url;
}

const MOST_KNOWN = 10_000;

interface KnownFile {
  readonly stat: FileStat;
  readonly until: number;
}

/**
 * The facts of files that were handed over, by the place in their store and the name that they have: for the time
 * that the store cannot be asked, while nginx still has their bytes.
 *
 * @internal
 */
export class KnownFiles {
  readonly #files = new Map<string, KnownFile>();

  /** @param seconds that facts are good for; undefined where none are remembered */
  constructor(private readonly seconds: number | undefined) {}

  /**
   * The description of a file, by what is remembered where its storage is down.
   *
   * @throws what `describe()` throws, where nothing is remembered
   */
  async describe(
    response: ProxiableDownload,
    address: () => Promise<string | undefined>,
  ): Promise<{
    readonly description: DownloadDescription;
    readonly isRemembered: boolean;
  }> {
    try {
      return { description: await response.describe(), isRemembered: false };
    } catch (error) {
      if (!(error instanceof StorageUnavailableError)) throw error;
      const place = await address().catch(() => undefined);
      const file = place && this.#files.get(keyOf(place, response.file));
      const isGood = file && file.until > Date.now();
      const description = isGood && response.describeBy?.(file.stat);
      if (!description) throw error;
      return { description, isRemembered: true };
    }
  }

  /** Remembers what was known when a file was handed over. */
  keep(
    address: string,
    file: DownloadFile,
    {
      size,
      lastModified,
      etag,
      version,
      isBoundByAddress,
      contentType,
    }: DownloadDescription,
  ): void {
    if (this.seconds === undefined) return;
    const key = keyOf(address, file);
    this.#files.delete(key);
    this.#files.set(key, {
      stat: {
        size,
        lastModified,
        etag,
        version,
        isBoundByAddress,
        contentType,
      },
      until: Date.now() + this.seconds * 1000,
    });
    const [oldest] = this.#files.keys();
    if (this.#files.size > MOST_KNOWN && oldest !== undefined) {
      this.#files.delete(oldest);
    }
  }
}

/** Without the signature, which is another one every time. */
function keyOf(address: string, { name }: DownloadFile): string {
  return `${address.replace(/\?.*/s, '')}\n${name}`;
}
