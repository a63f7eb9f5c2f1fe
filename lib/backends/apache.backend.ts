import {
  CHECKED_ELSEWHERE,
  checkOptions,
  isWholeNumber,
  oneOf,
  type OptionChecks,
} from '../errors/check-options.js';
import {
  type ServerConfigOptions,
  type DownloadBackend,
} from '../responses/download-backend.js';
import {
  type PathRule,
  checkPathRules,
  directoryOf,
  type PathEncoding,
  type ServerProfile,
} from './rules.js';
import { serverBackend } from './server-backend.js';
import {
  accessLogOf,
  completionsFile,
  directoriesOf,
  indent,
  serverPlaces,
  type ServerPlaces,
} from './server-config.js';
import { SPOOFABLE, withHeaders } from './server-headers.js';
import { strongTag } from './validators.js';

const MODULES = {
  mpm_event_module: 'mod_mpm_event.so',
  authz_core_module: 'mod_authz_core.so',
  headers_module: 'mod_headers.so',
  proxy_module: 'mod_proxy.so',
  proxy_http_module: 'mod_proxy_http.so',
  xsendfile_module: 'mod_xsendfile.so',
};
const LIMITING_MODULES = {
  env_module: 'mod_env.so',
  filter_module: 'mod_filter.so',
  ratelimit_module: 'mod_ratelimit.so',
};
const KIB = 1024;

/**
 * A configuration of Apache for these rules: complete, with the modules where Debian has them, or only what
 * goes into a VirtualHost. Tested with Apache 2.4.71 and mod_xsendfile 0.12.
 *
 * @internal
 */
export function apacheConfig(
  rules: readonly PathRule[],
  options: ServerConfigOptions,
  limitRate?: number,
): string {
  const places = serverPlaces(options);
  const site = siteDirectives(rules, places, limitRate);
  const [name = 'localhost', ...aliases] = places.names;
  const lines = options.include
    ? [
        limitRate === undefined
          ? '# Needs mod_headers, mod_proxy_http and mod_xsendfile.'
          : '# Needs mod_env, mod_filter, mod_headers, mod_proxy_http, mod_ratelimit and mod_xsendfile.',
        ...site,
      ]
    : [
        `ServerName ${name}`,
        ...serverDirectives(
          places,
          options.directory,
          limitRate === undefined
            ? MODULES
            : { ...MODULES, ...LIMITING_MODULES },
        ),
        '',
        `<VirtualHost ${places.listen.host ?? '*'}:${places.listen.port}>`,
        ...indent([...aliases.map((alias) => `ServerAlias ${alias}`), ...site]),
        '</VirtualHost>',
      ];
  return `${lines.join('\n')}\n`;
}

function serverDirectives(
  { listen, user }: ServerPlaces,
  directory: string | undefined,
  modules: Readonly<Record<string, string>>,
): string[] {
  const { host, port } = listen;
  return [
    ...Object.entries(modules).map(
      ([name, file]) => `LoadModule ${name} "/usr/lib/apache2/modules/${file}"`,
    ),
    `Listen ${host === undefined ? port : `${host}:${port}`}`,
    ...(user ? [`User ${user[0]}`, `Group ${user[1]}`] : []),
    ...(directory === undefined
      ? ['ErrorLog "/var/log/apache2/error.log"']
      : [
          `DefaultRuntimeDir ${quoted(directory)}`,
          `PidFile ${quoted(`${directory}/apache2.pid`)}`,
          `ErrorLog ${quoted(`${directory}/error.log`)}`,
        ]),
    'ServerTokens Prod',
    'ProxyRequests Off',
    '<Directory "/">',
    '  Require all denied',
    '</Directory>',
  ];
}

function siteDirectives(
  rules: readonly PathRule[],
  places: ServerPlaces,
  limitRate: number | undefined,
): string[] {
  const { upstream, requestHeaders, timeout } = places;
  const accessLog = accessLogOf(places);
  const application = `http://${upstream.host}:${upstream.port}/`;
  const waits = timeout === undefined ? '' : ` timeout=${timeout}`;
  return [
    '# The application gets the path as the client sent it.',
    'AllowEncodedSlashes NoDecode',
    'ProxyPreserveHost On',
    '# responsefieldsize: the longest header. retry: an application that was away is back at once.',
    '# ttl: shorter than Node keeps a connection.',
    `ProxyPass "/" "${application}" nocanon responsefieldsize=16384 retry=0 ttl=2${waits}`,
    ...(typeof accessLog === 'string'
      ? [`CustomLog ${quoted(accessLog)} ${quoted(COMBINED)}`]
      : []),
    ...directoriesOf(rules).map(
      (directory) => `XSendFilePath ${quoted(directory)}`,
    ),
    ...completionDirectives(completionsFile(places)),
    ...limitDirectives(limitRate),
    '<Location "/">',
    ...indent([
      ...locationDirectives(requestHeaders),
      ...(limitRate === undefined ? [] : ['FilterChain paced']),
    ]),
    '</Location>',
  ];
}

/** What Debian calls `combined`. */
const COMBINED = '%h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"';

/** `%O`: it counts the bytes that went out; `%B` would be the size of the file, whatever became of it. */
const COMPLETION =
  'nestjs-downloadview id=%{download-id}n status=%>s sent=%O length=%{Content-Length}o connection=%X microseconds=%D';

function completionDirectives(file: string | undefined): string[] {
  if (file === undefined) return [];
  return [
    '# What becomes of the files that are sent, by the id that the application gave the answer.',
    'Header onsuccess note X-Download-Id download-id',
    'Header onsuccess unset X-Download-Id',
    `CustomLog ${quoted(file)} ${quoted(COMPLETION)} "expr=-n note('download-id')"`,
  ];
}

/** What the application streams passes by: it has its own pace. */
function limitDirectives(limitRate: number | undefined): string[] {
  if (limitRate === undefined) return [];
  return [
    '# The files that Apache sends go out at this rate, in KiB a second.',
    `SetEnv rate-limit ${limitRate / KIB}`,
    'Header onsuccess note X-Sendfile paced',
    'FilterDeclare paced PROTOCOL',
    'FilterProvider paced RATE_LIMIT "-n note(\'paced\')"',
  ];
}

function locationDirectives(
  requestHeaders: Readonly<Record<string, string>>,
): string[] {
  return [
    'XSendFile On',
    '# Otherwise every file that comes without a tag gets "0".',
    'FileETag None',
    'EnableSendfile On',
    '# A file that shrinks while it is sent would end the process.',
    'EnableMMAP Off',
    ...withHeaders(
      { 'X-Forwarded-Proto': 'expr=%{REQUEST_SCHEME}' },
      requestHeaders,
    ).map(([name, value]) => `RequestHeader set ${name} ${quoted(value)}`),
    ...SPOOFABLE.map((name) => `RequestHeader unset ${name}`),
    '# Apache would answer ranges of a POST, too.',
    "RequestHeader unset Range \"expr=! %{REQUEST_METHOD} in {'GET', 'HEAD'}\"",
    '# It sends ranges, and does not say so.',
    'Header onsuccess set Accept-Ranges bytes "expr=-n resp(\'X-Sendfile\')"',
    '# mod_xsendfile looks only at answers of status 200, and leaves the header, a path, on all others.',
    'Header onsuccess unset X-Sendfile "expr=%{REQUEST_STATUS} != 200"',
    'Header always unset X-Sendfile',
    '# mod_xsendfile 1.0 would delete the file afterwards.',
    'Header onsuccess unset X-Sendfile-Temporary',
    'Header onsuccess unset X-Accel-Redirect',
    '# A file that is gone by now may come again.',
    'Header always set Cache-Control no-store "expr=%{REQUEST_STATUS} -ge 400 && -z resp(\'Cache-Control\')"',
  ];
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/**
 * Options of apache().
 *
 * @publicApi
 */
export interface ApacheOptions {
  /** Which files Apache can reach. */
  readonly rules: readonly PathRule[];
  /**
   * How mod_xsendfile takes a path: `raw` up to 0.12 (Debian 12), `percent` from 1.0 (Debian 13). A name
   * with a `%` is streamed where it is `raw`: after an upgrade it would be taken for another one.
   */
  readonly pathEncoding: PathEncoding;
  /**
   * Bytes a second, a multiple of 1024, at which a client gets a file where neither the download nor the module
   * says otherwise. It is the one rate that Apache knows: the application sends what has another, and all ranges.
   * By default there is no limit.
   */
  readonly limitRate?: number;
}

const CHECKS: OptionChecks<ApacheOptions> = {
  rules: CHECKED_ELSEWHERE,
  pathEncoding: oneOf(
    ['raw', 'percent'],
    "Give 'raw' for mod_xsendfile up to 0.12 (Debian 12), 'percent' from 1.0 (Debian 13).",
  ),
  limitRate: [
    (value) => isWholeNumber(value, KIB) && value % KIB === 0,
    'Give bytes a second, a multiple of 1024: Apache counts KiB.',
  ],
};

const PROFILE: Omit<ServerProfile<PathRule>, 'pathEncoding'> = {
  name: 'apache',
  offloadHeader: 'X-Sendfile',
  destinationOf: directoryOf,
  keepsCoding: false,
  followsLateLinks: true,
  conditions: 'application',
  mostRanges: 50,
  validators: strongTag,
  losesHeader: (header) => header.toLowerCase() === 'content-encoding',
};
// A line end, a blank that is cut off, what Node puts in no header, and what 1.0 would decode.
// eslint-disable-next-line no-control-regex
const NOT_RAW = /[\0-\x08\x0a-\x1f\x7f%]|[\t ]$/;

/**
 * Apache with mod_xsendfile in front: files below the rules' directories go out by `X-Sendfile`, with all
 * headers of the answer. The application answers conditions, Apache ranges.
 *
 * ```ts
 * apache({ rules: [{ sourceDir: '/srv/media/' }], pathEncoding: 'raw' })
 * ```
 *
 * The application sends a file itself that has a content coding, or a name that this mod_xsendfile cannot
 * be told. `serverConfig()` prints the configuration.
 *
 * @throws InvalidOptionsError for options that Apache would not obey
 * @publicApi
 */
export function apache(options: ApacheOptions): DownloadBackend {
  checkOptions('apache', options, CHECKS, {
    example: "{ rules: [...], pathEncoding: 'raw' }",
    // A guess could send another file.
    required: ['pathEncoding'],
  });
  const rules = checkPathRules(options.rules);
  const { pathEncoding, limitRate } = options;
  const profile = {
    ...PROFILE,
    pathEncoding,
    keepsTo: (rate: number | false) => rate === (limitRate ?? false),
    // Its filter would let them pass.
    mostRanges: limitRate === undefined ? PROFILE.mostRanges : 0,
    untellable: pathEncoding === 'raw' ? NOT_RAW : undefined,
  };
  return {
    ...serverBackend(profile, rules),
    limitRate,
    serverConfig: (server: ServerConfigOptions) =>
      apacheConfig(rules, server, limitRate),
  };
}
