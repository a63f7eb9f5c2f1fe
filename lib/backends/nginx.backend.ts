import { isText, parseMediaType } from '../http/media-type.js';
import { type DownloadDescription } from '../responses/describe.js';
import {
  type DownloadBackend,
  type ProxiableDownload,
  type ProxiableRequest,
  type ServerConfigOptions,
  type DownloadSource,
} from '../responses/download-backend.js';
import { type ResponseHeaders } from '../responses/response-headers.js';
import { withConditions } from './nginx-conditions.js';
import { nginxConfig } from './nginx-config.js';
import { isLostByNginx } from './nginx-headers.js';
import {
  checkNginxOptions,
  type NginxOptions,
  type NginxRule,
  type NginxSettings,
} from './nginx-options.js';
import { remoteAnswer } from './nginx-remote.js';
import { checkNginxRules } from './nginx-rules.js';
import { nginxValidators } from './nginx-validators.js';
import { serverBackend } from './server-backend.js';
import { type ServerProfile } from './server-profile.js';

const PROFILE: ServerProfile<NginxRule> = {
  name: 'nginx',
  offloadHeader: 'X-Accel-Redirect',
  placeOf: ({ destination }) => destination,
  pathEncoding: 'percent',
  keepsCoding: false,
  conditions: 'server',
  validators: nginxValidators,
  losesHeader: isLostByNginx,
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
 * `temporaryUrl()`. Nothing of the client's request goes there but Range and If-Range.
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
  const rules = checkNginxRules(options.rules, remote !== undefined);
  const onDisk = serverBackend(PROFILE, rules, (description, rule) =>
    ownHeaders({ ...options, ...rule }, description),
  );
  return {
    ...onDisk,
    // By default nginx would spool what the application streams to its own disk.
    streamHeaders: accelHeaders({ limitRate, buffering }),
    async proxy(response: ProxiableDownload, request: ProxiableRequest) {
      const proxied = await onDisk.proxy(response, request);
      if (proxied) return withConditions(proxied, response, request);
      return (
        remote &&
        remoteAnswer(response, request, remote.hosts, (description) =>
          ownHeaders(options, description),
        )
      );
    },
    warnings: (sources = []) =>
      onDisk.warnings?.(remote ? sources.map(withoutRemote) : sources) ?? [],
    serverConfig: (server: ServerConfigOptions) =>
      nginxConfig(rules, server, { charset, remote }),
  };
}

/** What is fetched from somewhere needs no rule. */
function withoutRemote(source: DownloadSource): DownloadSource {
  return source.place?.isRemote ? { ...source, place: undefined } : source;
}

function ownHeaders(
  settings: NginxSettings,
  description: DownloadDescription,
): ResponseHeaders {
  return {
    ...charsetHeader(settings.charset, description),
    ...accelHeaders(settings),
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
  { contentType }: DownloadDescription,
): ResponseHeaders {
  const media = parseMediaType(contentType);
  if (!media || !isText(media.type)) return {};
  const charset = media.charset ?? configured;
  return charset !== undefined && [configured, 'utf-8'].includes(charset)
    ? { 'X-Accel-Charset': charset }
    : {};
}
