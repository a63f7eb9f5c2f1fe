import {
  CHECKED_ELSEWHERE,
  checkOptions,
  oneOf,
  type OptionChecks,
} from '../errors/check-options.js';
import {
  type DownloadBackend,
  type ProxiableDownload,
  type ProxiableRequest,
  type ServerConfigOptions,
  refuse,
} from '../responses/download-backend.js';
import { andThen, type Awaitable } from '../storages/awaitable.js';
import {
  caddyConfig,
  checkCaddyDirectories,
  isLostByCaddy,
} from './caddy-config.js';
import {
  checkLocationRules,
  wholeLocation,
  type LocationRule,
  type PathEncoding,
  type ServerProfile,
} from './rules.js';
import {
  describedFor,
  isElsewhere,
  serverBackend,
  hasFixedTime,
  hasOwnTag,
  isDatedByHook,
} from './server-backend.js';
import { diskValidators, strongTagAndDiskDate } from './validators.js';

/**
 * What Caddy up to 2.6 makes of a file's time, in whole seconds, and size: `"sshlts6"`.
 *
 * @internal
 */
export const caddyValidators = diskValidators(
  (seconds, size) => `${seconds.toString(36)}${size.toString(36)}`,
);

/**
 * Options of caddy().
 *
 * @publicApi
 */
export interface CaddyOptions {
  /** Which files Caddy can reach, and by which internal location. */
  readonly rules: readonly LocationRule[];
  /**
   * How Caddy takes a location: `raw` up to 2.6 (Debian 12), `percent` from 2.7. A name with a `%` is
   * streamed where it is `raw`: after an upgrade it would be taken for another one.
   */
  readonly pathEncoding: PathEncoding;
}

const CHECKS: OptionChecks<CaddyOptions> = {
  rules: CHECKED_ELSEWHERE,
  pathEncoding: oneOf(
    ['raw', 'percent'],
    "Give 'raw' for Caddy up to 2.6 (Debian 12), 'percent' from 2.7.",
  ),
};

const CONDITIONS = [
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
];

type CaddyProfile = ServerProfile<LocationRule>;

const PROFILE = {
  name: 'caddy',
  offloadHeader: 'X-Accel-Redirect',
  destinationOf: ({ destination }: LocationRule): string => destination,
  keepsCoding: false,
  followsLateLinks: true,
  mostRanges: 50,
  whole: {
    destinationOf: ({ destination }: LocationRule): string =>
      wholeLocation(destination),
  },
  losesHeader: isLostByCaddy,
} as const;
const PROFILES: Record<PathEncoding, CaddyProfile> = {
  raw: {
    ...PROFILE,
    pathEncoding: 'raw',
    // A query, a line end, a blank that is cut off, what Node puts in no header, and what 2.7 would decode.
    // eslint-disable-next-line no-control-regex
    untellable: /[\0-\x08\x0a-\x1f\x7f%?]|[\t ]$/,
    conditions: 'server',
    validators: caddyValidators,
  },
  percent: {
    ...PROFILE,
    pathEncoding: 'percent',
    conditions: 'application',
    validators: strongTagAndDiskDate,
  },
};

/**
 * Caddy in front: files below the rules' directories go out by `X-Accel-Redirect`. Caddy obeys no such
 * header by itself; `serverConfig()` prints the configuration that does, and that keeps the headers of the
 * answer.
 *
 * ```ts
 * caddy({ rules: [{ sourceDir: '/srv/media/', destination: '/_offload/' }], pathEncoding: 'percent' })
 * ```
 *
 * From 2.7 Caddy takes the application's tag, and the application answers conditions; Last-Modified is the
 * file's own time on the disk. Up to 2.6 it has a tag of its own, and the conditions of a plain
 * LocalFile are left to it; a file with a tag of its own is streamed where a request has any. The application sends a file itself that has a content coding, or a name that this Caddy cannot be told.
 *
 * @throws InvalidOptionsError for options that Caddy would not obey
 * @publicApi
 */
export function caddy(options: CaddyOptions): DownloadBackend {
  checkOptions('caddy', options, CHECKS, {
    example: "{ rules: [...], pathEncoding: 'percent' }",
    // A guess could send another file.
    required: ['pathEncoding'],
  });
  const rules = checkLocationRules(options.rules);
  checkCaddyDirectories(rules);
  const { pathEncoding } = options;
  const backend = serverBackend(PROFILES[pathEncoding], rules);
  return {
    ...backend,
    proxy(response: ProxiableDownload, request: ProxiableRequest) {
      if (pathEncoding !== 'raw' || !hasConditions(request)) {
        return backend.proxy(response, request);
      }
      return andThen(isElsewhere(response.file, rules), (isAway) =>
        andThen(!isAway && isMisjudged(response, request), (isFaulty) =>
          isFaulty
            ? refuse(request, 'ownTag')
            : backend.proxy(response, request),
        ),
      );
    },
    serverConfig: (server: ServerConfigOptions) => caddyConfig(rules, server),
  };
}

/**
 * Whether Caddy would hold a condition against the second and size of a file that something else stands for:
 * a row, which may point to another file of the same, or a hook of the application.
 */
function isMisjudged(
  response: ProxiableDownload,
  request: ProxiableRequest,
): Awaitable<boolean> {
  return (
    isDatedByHook(response, request) ||
    andThen(
      describedFor({ conditions: 'server' }, response),
      ({ description }) =>
        hasOwnTag(response.file, description) || hasFixedTime(description),
    )
  );
}

function hasConditions({ headers }: ProxiableRequest): boolean {
  return CONDITIONS.some((name) => name in headers);
}
