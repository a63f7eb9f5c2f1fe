import {
  CHECKED_ELSEWHERE,
  checkOptions,
  isWholeNumber,
  type OptionChecks,
} from '../errors/check-options.js';
import { InvalidOptionsError } from '../errors/download-errors.js';
import {
  type ServerConfigOptions,
  type DownloadBackend,
} from '../responses/download-backend.js';
import { type ResponseHeaders } from '../responses/response-headers.js';
import {
  directoryOf,
  type PathRule,
  checkPathRules,
  type ServerProfile,
} from './rules.js';
import { serverBackend } from './server-backend.js';
import {
  checkOneLog,
  completionsFile,
  directoriesOf,
  indent,
  serverPlaces,
  type ServerPlaces,
} from './server-config.js';
import { SPOOFABLE } from './server-headers.js';
import { strongTagAndDiskDate } from './validators.js';

const PARSE_OPTIONS =
  'server.http-parseopts = ( "url-normalize" => "disable", "url-ctrls-reject" => "disable" )';

/**
 * A configuration of lighttpd for these rules: complete, or only what goes into one that is there already
 * and loads mod_setenv and mod_proxy. Tested with lighttpd 1.4.69.
 *
 * @internal
 */
export function lighttpdConfig(
  rules: readonly PathRule[],
  options: ServerConfigOptions,
): string {
  const places = serverPlaces(options);
  const site = siteLines(rules, places);
  const lines = options.include
    ? [
        `# Needs ${modulesOf(places)
          .join(', ')
          .replace(
            /, (?=\w+$)/,
            ' and ',
          )}; for names with control characters also, in no condition:`,
        `# ${PARSE_OPTIONS}`,
        ...site,
      ]
    : [...serverLines(places, options.directory), '', ...site];
  return `${lines.join('\n')}\n`;
}

/**
 * @throws InvalidOptionsError for a directory that lighttpd's syntax cannot carry
 * @internal
 */
export function checkLighttpdDirectories(rules: readonly PathRule[]): void {
  rules.forEach((rule, index) => {
    const directory = directoryOf(rule);
    if (directory.includes('\\"')) {
      throw new InvalidOptionsError(
        `rules[${index}]`,
        directory,
        'Give a directory without a backslash before a quote: lighttpd cannot be told it.',
      );
    }
  });
}

function serverLines(
  places: ServerPlaces,
  directory: string | undefined,
): string[] {
  const { listen, user, names } = places;
  return [
    `server.modules = ( ${modulesOf(places).map(quoted).join(', ')} )`,
    ...(listen.host === undefined
      ? []
      : [`server.bind = ${quoted(listen.host)}`]),
    `server.port = ${listen.port}`,
    ...(names[0] === undefined ? [] : [`server.name = ${quoted(names[0])}`]),
    ...(user
      ? [
          `server.username = ${quoted(user[0])}`,
          `server.groupname = ${quoted(user[1])}`,
        ]
      : []),
    ...(directory === undefined
      ? []
      : [
          `server.pid-file = ${quoted(`${directory}/lighttpd.pid`)}`,
          `server.errorlog = ${quoted(`${directory}/error.log`)}`,
        ]),
    'server.document-root = "/nonexistent"  # everything is the application\'s',
    'server.tag = ""',
    '# The application gets the path as the client sent it.',
    PARSE_OPTIONS,
  ];
}

/** No field of it comes from a client. */
const COMPLETION =
  'nestjs-downloadview id=%{X-Download-Id}o status=%s sent=%B length=%{Content-Length}o connection=%X';

function logOf(places: ServerPlaces): string | undefined {
  checkOneLog(places);
  const { accessLog = false } = places;
  return completionsFile(places) ?? (accessLog || undefined);
}

function modulesOf(places: ServerPlaces): string[] {
  const isLogged = logOf(places) !== undefined;
  return ['mod_setenv', 'mod_proxy', ...(isLogged ? ['mod_accesslog'] : [])];
}

function siteLines(rules: readonly PathRule[], places: ServerPlaces): string[] {
  const { upstream, requestHeaders, timeout, completions } = places;
  const log = logOf(places);
  return [
    '# A file may have been replaced by a link since the application looked.',
    'server.follow-symlink = "disable"',
    '# Otherwise it sends for a second what a file was, with the tag of what it is.',
    'server.stat-cache-engine = "disable"',
    '# Otherwise the first byte of an answer goes out with the last.',
    'server.stream-response-body = 2',
    'setenv.set-request-header = (',
    ...indent([
      ...SPOOFABLE.map((name) => `"${name}" => "",`),
      ...Object.entries(requestHeaders).map(
        ([name, value]) => `${quoted(name)} => ${quoted(value)},`,
      ),
    ]),
    ')',
    ...(log === undefined ? [] : [`accesslog.filename = ${quoted(log)}`]),
    ...(completions ? [`accesslog.format = ${quoted(COMPLETION)}`] : []),
    'proxy.server = ( "" => ((',
    ...indent([
      `"host" => ${quoted(upstream.host.replace(/^\[|\]$/g, ''))},`,
      `"port" => ${upstream.port},`,
      '"disable-time" => 0,  # an application that was away is back soon',
      ...(timeout === undefined ? [] : [`"read-timeout" => ${timeout},`]),
      '"x-sendfile" => "enable",',
      '# Without it every file that lighttpd can read could be asked for.',
      '"x-sendfile-docroot" => (',
      ...indent(
        directoriesOf(rules).map((directory) => `${quoted(directory)},`),
      ),
      ')',
    ]),
    ')))',
  ];
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '\\"')}"`;
}

/**
 * Options of lighttpd().
 *
 * @publicApi
 */
export interface LighttpdOptions {
  /** Which files lighttpd can reach. */
  readonly rules: readonly PathRule[];
  /**
   * Bytes a second at which a client gets a file where neither the download nor the module says otherwise, told
   * to lighttpd in whole KiB. By default there is no limit.
   */
  readonly limitRate?: number;
}

const KIB = 1024;

/** In whole KiB, at most 5 % away. */
function isTellable(limitRate: number): boolean {
  return Math.abs(toKib(limitRate) * KIB - limitRate) <= limitRate / 20;
}

function toKib(limitRate: number): number {
  return Math.round(limitRate / KIB);
}

const CHECKS: OptionChecks<LighttpdOptions> = {
  rules: CHECKED_ELSEWHERE,
  limitRate: [
    (value) => isWholeNumber(value, 1) && isTellable(value),
    'Give whole bytes a second, a multiple of 1024 if it is less than ten of them: lighttpd counts KiB.',
  ],
};

/** It takes the header for itself. */
function limitHeader(limitRate: number | false | undefined): ResponseHeaders {
  return limitRate
    ? { 'X-LIGHTTPD-KBytes-per-second': String(toKib(limitRate)) }
    : {};
}

const PROFILE: ServerProfile<PathRule> = {
  name: 'lighttpd',
  offloadHeader: 'X-Sendfile',
  destinationOf: directoryOf,
  pathEncoding: 'percent',
  // It writes `_` in place of control characters, and so finds another file.
  // eslint-disable-next-line no-control-regex
  untellable: /[\0-\x1f\x7f]/,
  followsLinks: false,
  keepsTo: (limitRate) => limitRate === false || isTellable(limitRate),
  keepsCoding: true,
  conditions: 'application',
  // It would send one range from the first byte of all to the last.
  mostRanges: 1,
  whole: { headers: { 'Accept-Ranges': 'none' } },
  validators: strongTagAndDiskDate,
};

/**
 * lighttpd in front: files below the rules' directories go out by `X-Sendfile`, with all headers of the
 * answer, Content-Encoding included. The application answers conditions, and requests for several ranges;
 * lighttpd answers requests for one.
 *
 * ```ts
 * lighttpd({ rules: [{ sourceDir: '/srv/media/' }] })
 * ```
 *
 * Last-Modified is always the file's own time on the disk: lighttpd compares with nothing else. The
 * application sends a file itself whose path holds a control character, or whose `sourceDir` is reached
 * over a symbolic link: lighttpd follows none, so give what it leads to as `destinationDir`.
 * `serverConfig()` prints the configuration.
 *
 * @throws InvalidOptionsError for options that lighttpd would not obey
 * @publicApi
 */
export function lighttpd(options: LighttpdOptions): DownloadBackend {
  checkOptions('lighttpd', options, CHECKS, { example: '{ rules: [...] }' });
  const rules = checkPathRules(options.rules);
  checkLighttpdDirectories(rules);
  return {
    ...serverBackend(PROFILE, rules, (_description, _rule, response) =>
      limitHeader(response.limitRate ?? options.limitRate),
    ),
    limitRate: options.limitRate,
    rangesStreams: true,
    serverConfig: (server: ServerConfigOptions) =>
      lighttpdConfig(rules, server),
  };
}
