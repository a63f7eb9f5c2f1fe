import { formatMediaType, isText, parseMediaType } from '../http/media-type.js';
import { formatHttpDate } from '../http/preconditions.js';
import { memoized } from '../http/memoized.js';
import { type DownloadDescription } from '../responses/describe.js';
import { joinHeaders } from '../responses/response-headers.js';
import {
  type ProxiableDownload,
  type ProxiableRequest,
  refuse,
  type DownloadBackend,
  type ServerConfigOptions,
  type DownloadSource,
  ProxiedDownloadResponse,
} from '../responses/download-backend.js';
import { type ResponseHeaders } from '../responses/response-headers.js';
import { andThen, type Awaitable } from '../storages/awaitable.js';
import { type FileStat } from '../storages/file-stat.js';
import { nginxConfig } from './nginx-config.js';
import {
  isLostByNginx,
  checkNginxOptions,
  type NginxOptions,
  type NginxRule,
  type NginxSettings,
  checkNginxRules,
} from './nginx-options.js';
import { KnownFiles, remoteAnswer } from './nginx-remote.js';
import { cachePathLines, remoteLocations } from './nginx-remote-config.js';
import { type ServerProfile, wholeLocation } from './rules.js';
import {
  describedFor,
  serverBackend,
  hasFixedTime,
  hasOwnTag,
  isDatedByHook,
} from './server-backend.js';
import { diskValidators } from './validators.js';

/**
 * What nginx makes of a file's time, in whole seconds, and size: `"67c2d8a0-d"`.
 *
 * @internal
 */
export const nginxValidators = diskValidators(
  (seconds, size) => `${seconds.toString(16)}-${size.toString(16)}`,
);

type Validators = Pick<FileStat, 'etag' | 'lastModified'>;

/** nginx holds them against tag and time of the file on its disk, whatever its configuration says. */
const MISJUDGED = ['if-match', 'if-unmodified-since'];

/**
 * Who answers the conditions of a request for a file on a disk. nginx does, by a tag of whole seconds and
 * size. That is enough for one path, and not for a row that points to one path after another: a file with a
 * tag of its own is for the application, and so is a date that it has a hook for. Then nginx is told tag and
 * date along with the file, and judges nothing.
 *
 * @returns undefined where nginx would judge all the same
 * @internal
 */
export function withConditions(
  proxied: ProxiedDownloadResponse,
  response: ProxiableDownload,
  request: ProxiableRequest,
): Awaitable<ProxiedDownloadResponse | undefined> {
  return andThen(describedFor(PROFILE, response), ({ description, disk }) => {
    const { file } = response;
    if (hasOwnTag(file, description)) {
      return taggedBy(description, proxied, request);
    }
    if (hasFixedTime(description)) {
      return andThen(response.described?.() ?? { description }, (described) =>
        taggedBy(described.description, proxied, request),
      );
    }
    const isDated = isDatedByHook(response, request);
    if (isDated && isMisjudged(request)) return proxied;
    if (!isDated && (!proxied.whole || isWholeMisjudged(request))) {
      return proxied.whole ? withWhole(proxied, undefined) : proxied;
    }
    return andThen(nginxValidators(file, description, disk), (sent) =>
      isDated
        ? taggedBy(sent, proxied, request)
        : withWhole(
            proxied,
            proxied.whole && withValidators(proxied.whole, sent),
          ),
    );
  });
}

function isMisjudged({ headers }: ProxiableRequest): boolean {
  return MISJUDGED.some((name) => name in headers);
}

/** nginx judges If-Match in its location without ranges, too, and has no tag there. */
function isWholeMisjudged({ headers }: ProxiableRequest): boolean {
  return headers['if-match'] !== undefined;
}

function withWhole(
  { offloadHeader, location, headers }: ProxiedDownloadResponse,
  whole: ProxiedDownloadResponse | undefined,
): ProxiedDownloadResponse {
  return new ProxiedDownloadResponse(offloadHeader, location, headers, {
    whole,
  });
}

/** nginx is told tag and date along with the file, and judges nothing. */
function taggedBy(
  sent: Validators & { readonly headers?: ResponseHeaders },
  proxied: ProxiedDownloadResponse,
  request: ProxiableRequest,
): ProxiedDownloadResponse | undefined {
  if (sent.etag === undefined || isMisjudged(request)) {
    return refuse(request, 'ownTag');
  }
  const last = taggedAnswers.get(proxied);
  const headers = validatorHeaders(sent);
  const isStill =
    last?.headers.ETag === headers.ETag &&
    last?.headers['Last-Modified'] === headers['Last-Modified'];
  if (last && isStill && !proxied.whole) return last;
  const tagged = new ProxiedDownloadResponse(
    proxied.offloadHeader,
    proxied.location,
    joinHeaders(proxied.headers, headers),
    {
      unconditional: true,
      whole: proxied.whole && withValidators(proxied.whole, sent),
    },
  );
  if (Object.isFrozen(proxied.headers)) {
    Object.freeze(tagged.headers);
    taggedAnswers.set(proxied, tagged);
  }
  return tagged;
}

/** Of answers that are used again. */
const taggedAnswers = new WeakMap<
  ProxiedDownloadResponse,
  ProxiedDownloadResponse
>();

function withValidators(
  { offloadHeader, location, headers }: ProxiedDownloadResponse,
  sent: Validators,
): ProxiedDownloadResponse {
  return new ProxiedDownloadResponse(
    offloadHeader,
    location,
    { ...headers, ...validatorHeaders(sent) },
    { unconditional: true },
  );
}

/** @param headers that a description of the file has already */
function validatorHeaders({
  etag,
  lastModified,
  headers = {},
}: Validators & { readonly headers?: ResponseHeaders }): ResponseHeaders {
  const all: Record<string, string> = {};
  if (etag !== undefined) all.ETag = etag;
  if (lastModified) {
    all['Last-Modified'] =
      headers['Last-Modified'] ?? formatHttpDate(lastModified);
  }
  return all;
}

const PROFILE: ServerProfile<NginxRule> = {
  name: 'nginx',
  offloadHeader: 'X-Accel-Redirect',
  destinationOf: ({ destination }) => destination,
  pathEncoding: 'percent',
  keepsCoding: false,
  conditions: 'server',
  mostRanges: 50,
  keepsTo: () => true,
  whole: { destinationOf: ({ destination }) => wholeLocation(destination) },
  validators: nginxValidators,
};

/**
 * nginx in front: files below the rules' directories go out by `X-Accel-Redirect`. A file with a content
 * coding of its own is streamed, since nginx drops the header and the client would save a broken file.
 *
 * ```ts
 * nginx({ rules: [{ sourceDir: '/srv/media/', destination: '/_offload/' }] })
 * ```
 *
 * Ranges are nginx's. So are the conditions of a LocalFile, by a tag of whole seconds and size; give it an
 * `etag` where one URL stands for one path after another. Such a file, one of a storage and one of an entity
 * have a tag of their own, and the application answers their conditions: nginx sends them by the double of
 * the location, `/_offload-tagged/`, which takes tag and date from the application and looks at no
 * condition. If-Match and If-Unmodified-Since nginx looks at everywhere; a file with a tag of its own is
 * then streamed.
 *
 * With `remote`, nginx also fetches files from stores: an HttpFile, and a file of a storage that knows
 * `temporaryUrl()`. Nothing of the client's request goes there: the application judges Range and conditions, and
 * binds what nginx asks for to the version that the storage names.
 *
 * Of an answer's headers nginx keeps Content-Type, Content-Disposition, Cache-Control, Expires and
 * Set-Cookie; `serverConfig()` prints the configuration that brings the others back.
 *
 * @throws InvalidOptionsError for options that nginx would not obey
 * @publicApi
 */
export function nginx(options: NginxOptions): DownloadBackend {
  checkNginxOptions(options);
  const { remote, limitRate, buffering = false, charset } = options;
  const { headers = [] } = options;
  const losesHeader = isLostByNginx(headers);
  const rules = checkNginxRules(options.rules, remote !== undefined);
  const profile = { ...PROFILE, losesHeader };
  const known = new KnownFiles(remote?.cache?.stale);
  const ownHeaders = headersBy(options);
  const headersOfRules = new Map(
    rules.map((rule) => [rule, headersBy({ ...options, ...rule })]),
  );
  const onDisk = serverBackend(profile, rules, (description, rule, response) =>
    (headersOfRules.get(rule) ?? ownHeaders)(description, response),
  );
  return {
    ...onDisk,
    // By default nginx would spool what the application streams to its own disk.
    streamHeaders: accelHeaders({ limitRate, buffering }),
    proxy(response: ProxiableDownload, request: ProxiableRequest) {
      return andThen(onDisk.proxy(response, request), (proxied) => {
        if (proxied) return withConditions(proxied, response, request);
        return (
          remote &&
          remoteAnswer(response, request, remote, known, (description) =>
            ownHeaders(description, response),
          )
        );
      });
    },
    warnings: (sources = []) =>
      onDisk.warnings?.(remote ? sources.map(withoutRemote) : sources) ?? [],
    serverConfig: (server: ServerConfigOptions) =>
      nginxConfig(rules, server, {
        charset,
        headers,
        httpLines: remote && cachePathLines(remote),
        storeLocations:
          remote &&
          ((headers, completions) =>
            remoteLocations(remote, headers, completions)),
      }),
  };
}

/** What is fetched from somewhere needs no rule. */
function withoutRemote(source: DownloadSource): DownloadSource {
  return source.place?.isRemote ? { ...source, place: undefined } : source;
}

/** The headers for nginx itself; those that depend on the settings alone are made once. */
function headersBy(
  settings: NginxSettings,
): (
  description: DownloadDescription,
  response: ProxiableDownload,
) => ResponseHeaders {
  const fixed = accelHeaders(settings);
  const joined = new WeakMap<ResponseHeaders, ResponseHeaders>();
  return (description, { limitRate }) => {
    const charset = charsetHeader(settings.charset, description);
    if (limitRate !== undefined) {
      return { ...charset, ...accelHeaders({ ...settings, limitRate }) };
    }
    let headers = joined.get(charset);
    if (!headers) joined.set(charset, (headers = joinHeaders(fixed, charset)));
    return headers;
  };
}

/** nginx reads numbers only: it ignores `off`, and 0 stands for no limit and for no caching. */
function accelHeaders({
  expires,
  buffering,
  limitRate,
}: NginxSettings): ResponseHeaders {
  const headers: Record<string, string> = {};
  if (expires instanceof Date) {
    headers['X-Accel-Expires'] = `@${Math.floor(expires.getTime() / 1000)}`;
  } else if (expires !== undefined) {
    headers['X-Accel-Expires'] = String(Number(expires));
  }
  if (buffering !== undefined) {
    headers['X-Accel-Buffering'] = buffering ? 'yes' : 'no';
  }
  if (limitRate !== undefined) {
    headers['X-Accel-Limit-Rate'] = String(Number(limitRate));
  }
  return headers;
}

/**
 * Texts only: nginx would write the charset behind any type. And only one that its configuration names:
 * it takes the charset away from a type whose charset it does not know.
 */
function charsetHeader(
  configured: string | undefined,
  { contentType, isCharsetAssumed = false }: DownloadDescription,
): ResponseHeaders {
  let known = charsetHeaders.get(configured);
  if (!known) {
    known = {
      said: memoized((type) => headersOfText(type, configured, false)),
      assumed: memoized((type) => headersOfText(type, configured, true)),
    };
    charsetHeaders.set(configured, known);
  }
  return known[isCharsetAssumed ? 'assumed' : 'said'](contentType);
}

type OfType = (contentType: string) => ResponseHeaders;

// By the charset of the configuration: an application has one, or none.
const charsetHeaders = new Map<
  string | undefined,
  { readonly said: OfType; readonly assumed: OfType }
>();

function headersOfText(
  contentType: string,
  configured: string | undefined,
  isCharsetAssumed: boolean,
): ResponseHeaders {
  const media = parseMediaType(contentType);
  if (!media || !isText(media.type)) return {};
  if (isCharsetAssumed) {
    if (configured === undefined) return {};
    // Of two charsets nginx would make the one from the other.
    return {
      'Content-Type': formatMediaType({ ...media, charset: configured }),
      'X-Accel-Charset': configured,
    };
  }
  const charset = media.charset ?? configured;
  return charset !== undefined && [configured, 'utf-8'].includes(charset)
    ? { 'X-Accel-Charset': charset }
    : {};
}
