import { type ServerConfigOptions } from '../responses/download-backend.js';
import {
  type NginxRule,
  taggedLocation,
  BROUGHT_BACK,
  isLostByNginx,
  quoted,
  upstreamVariable,
  VALIDATORS,
} from './nginx-options.js';
import { directoryOf, wholeLocation } from './rules.js';
import {
  accessLogOf,
  type CheckedServerConfig,
  checkServerConfig,
  checkNginxUpstream,
  indent,
} from './server-config.js';
import { SPOOFABLE, withHeaders } from './server-headers.js';

/**
 * All headers that an offloaded answer gets back, each of them once.
 *
 * @param further names of headers that the user wants besides
 */
function broughtBackWith(further: readonly string[]): readonly string[] {
  return [...BROUGHT_BACK, ...further.filter(isLostByNginx())];
}

/**
 * The locations that a rule's files go out by: with the tag that nginx makes, with the application's, and
 * without ranges.
 */
function ruleLocations(
  rule: NginxRule,
  checked: CheckedServerConfig,
): string[] {
  const { headers } = checked;
  const completions = completionLines(checked);
  const { destination } = rule;
  const tagged = taggedLocation(destination);
  const broughtBack = broughtBackWith(headers);
  return [
    ...fileLocation(
      `location ^~ ${destination} {`,
      rule,
      completions,
      [
        '# A tag of the application comes before the one that nginx would make.',
        `if ($upstream_http_etag) { rewrite ${quoted(`(?s)^${patternOf(destination)}(.*)`)} ${tagged}$1 last; }`,
        'max_ranges 50;',
      ],
      broughtBack,
    ),
    '',
    ...fileLocation(
      `location ^~ ${tagged} {  # the application has answered the conditions`,
      rule,
      completions,
      [...OWN_TAG, 'max_ranges 50;'],
      [...VALIDATORS, ...broughtBack],
    ),
    '',
    ...fileLocation(
      `location ^~ ${wholeLocation(destination)} {  # and a Range that asks for nothing`,
      rule,
      completions,
      [...OWN_TAG, 'max_ranges 0;', 'add_header Accept-Ranges bytes;'],
      [...VALIDATORS, ...broughtBack],
    ),
  ];
}

const OWN_TAG = ['etag off;', 'if_modified_since off;'];

function fileLocation(
  opening: string,
  rule: NginxRule,
  { keeping, logging }: CompletionLines,
  further: readonly string[],
  broughtBack: readonly string[],
): string[] {
  const directory = directoryOf(rule);
  return [
    opening,
    ...indent([
      'internal;',
      ...keeping,
      ...logging,
      `alias ${quoted(directory)};`,
      `disable_symlinks on ${quoted(`from=${directory}`)};`,
      'index .none;',
      'autoindex off;',
      'if (-d $request_filename) { return 404; }  # else a redirect tells this location to the client',
      'error_page 403 404 500 =404 @download_gone;',
      ...(rule.charset === undefined ? [] : [`charset ${rule.charset};`]),
      'sendfile on;',
      'tcp_nopush on;',
      'gzip off;  # it would take the ranges away',
      ...further,
      'add_header X-Content-Type-Options nosniff always;',
      ...broughtBack.map(
        (name) => `add_header ${name} ${upstreamVariable(name)};`,
      ),
    ]),
    '}',
  ];
}

function patternOf(destination: string): string {
  return destination.replaceAll('.', '\\.');
}

/**
 * What tells what became of a file, in the locations that end an answer: in those that begin it the id is kept, since
 * a store's answer takes the place of the application's.
 *
 * @internal
 */
export interface CompletionLines {
  readonly keeping: readonly string[];
  readonly logging: readonly string[];
}

const COMPLETION =
  '{"id":"$download_id","status":$status,"bytes":$body_bytes_sent,' +
  '"complete":"$request_completion","length":"$sent_http_content_length","seconds":$request_time}';

function completionLines(checked: CheckedServerConfig): CompletionLines {
  const { completions, include } = checked;
  if (!completions) return { keeping: [], logging: [] };
  const { listen, file = '' } = completions;
  const target =
    listen === undefined
      ? quoted(file)
      : `syslog:server=${listen},nohostname,tag=nestjs_downloadview`;
  const siteLog =
    accessLogOf(checked) ?? (include ? undefined : DEFAULT_ACCESS_LOG);
  return {
    keeping: ['set $download_id $upstream_http_x_download_id;'],
    logging: [
      'uninitialized_variable_warn off;  # who comes past the application has no id',
      `access_log ${target} nestjs_downloadview if=$download_id;`,
      ...(typeof siteLog === 'string'
        ? [
            `access_log ${quoted(siteLog)};  # else the one before takes its place`,
          ]
        : []),
    ],
  };
}

/** On Debian. */
const DEFAULT_ACCESS_LOG = '/var/log/nginx/access.log';

/** What has to stand in the http block. */
function httpLinesOf(
  { completions }: CheckedServerConfig,
  { httpLines = [] }: NginxParts,
): string[] {
  return [
    ...(completions
      ? [`log_format nestjs_downloadview escape=json '${COMPLETION}';`]
      : []),
    ...httpLines,
  ];
}

/**
 * What a configuration has beside the rules.
 *
 * @internal
 */
export interface NginxParts {
  /** The charset that X-Accel-Charset will name. */
  readonly charset?: string;
  /** Further headers of the application that are brought back. */
  readonly headers?: readonly string[];
  /** What has to stand in the http block. */
  readonly httpLines?: readonly string[];
  /** The locations by which nginx asks stores for files, with these headers of the application. */
  readonly storeLocations?: (
    headers: readonly string[],
    completions: CompletionLines,
  ) => readonly string[];
}

/**
 * A configuration of nginx for these rules: complete, or only the locations for a server block. Tested with
 * nginx 1.22.
 *
 * @internal
 */
export function nginxConfig(
  rules: readonly NginxRule[],
  options: ServerConfigOptions,
  parts: NginxParts,
): string {
  const checked = checkServerConfig(options, parts.headers);
  checkNginxUpstream(options.upstream);
  const site = serverBlock(rules, options, checked, parts);
  if (checked.include) {
    const lines = [
      ...outsideLines(httpLinesOf(checked, parts)),
      ...logLines(checked),
      ...site,
    ];
    return `${lines.join('\n')}\n`;
  }
  const lines = [
    ...(options.user ? [`user ${options.user};`] : []),
    'worker_processes auto;',
    ...processFiles(options.directory),
    'events { worker_connections 1024; }',
    'http {',
    ...indent([
      'default_type application/octet-stream;  # the application sends the type of every file',
      'server_tokens off;',
      ...httpLinesOf(checked, parts),
      ...logLines(checked),
      ...temporaryFiles(options.directory),
      'server {',
      ...indent(site),
      '}',
    ]),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

/** A file that a server block includes can say it to people only. */
function outsideLines(lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [
    '# These belong into the http block, outside of the server block that includes this:',
    ...lines.map((line) => `# ${line}`),
    '',
  ];
}

function logLines(checked: CheckedServerConfig): string[] {
  const accessLog = accessLogOf(checked);
  if (accessLog === undefined) return [];
  return [`access_log ${accessLog === false ? 'off' : quoted(accessLog)};`];
}

function serverBlock(
  rules: readonly NginxRule[],
  { listen = '80', serverName = '_', upstream }: ServerConfigOptions,
  checked: CheckedServerConfig,
  { charset = 'utf-8', storeLocations }: NginxParts,
): string[] {
  return [
    ...(checked.include
      ? []
      : [
          `listen ${listen};`,
          `server_name ${serverName};`,
          'client_max_body_size 0;  # the application decides what it takes',
          '',
        ]),
    'set $download_client_host $http_host;  # with its port',
    'if ($http_host = "") { set $download_client_host $host; }  # HTTP/1.0, HTTP/3',
    '',
    'location / {',
    ...indent(applicationLocation(upstream, checked)),
    '}',
    ...rules.flatMap((rule) => ['', ...ruleLocations(rule, checked)]),
    ...(storeLocations?.(
      broughtBackWith(checked.headers),
      completionLines(checked),
    ) ?? []),
    '',
    'location @download_gone {',
    ...indent([
      'internal;',
      'default_type text/plain;',
      ...completionLines(checked).logging,
      `charset ${charset};  # X-Accel-Charset is obeyed only where the configuration names it`,
      'add_header Cache-Control no-store always;',
      'return 404 "Not Found\\n";',
    ]),
    '}',
  ];
}

const REQUEST_HEADERS = {
  Connection: '""',
  Host: '$download_client_host',
  'X-Forwarded-For': '$proxy_add_x_forwarded_for',
  'X-Forwarded-Proto': '$scheme',
};

function applicationLocation(
  upstream: string,
  { requestHeaders, timeout }: CheckedServerConfig,
): string[] {
  const given = Object.fromEntries(
    Object.entries(requestHeaders).map(([name, value]) => [
      name,
      quoted(value),
    ]),
  );
  return [
    `proxy_pass http://${upstream};`,
    'proxy_http_version 1.1;  # an answer that is cut must not look complete',
    ...withHeaders(REQUEST_HEADERS, given).map(
      ([name, value]) => `proxy_set_header ${name} ${value};`,
    ),
    ...SPOOFABLE.map((name) => `proxy_set_header ${name} "";`),
    'proxy_hide_header X-Sendfile;',
    'proxy_buffer_size 16k;  # the headers of an answer must fit in, else it is a 502',
    'proxy_buffers 8 16k;',
    ...(timeout === undefined ? [] : [`proxy_read_timeout ${timeout}s;`]),
  ];
}

function processFiles(directory: string | undefined): string[] {
  if (directory === undefined) return [];
  return [
    `pid ${quoted(`${directory}/nginx.pid`)};`,
    `error_log ${quoted(`${directory}/error.log`)};`,
  ];
}

function temporaryFiles(directory: string | undefined): string[] {
  if (directory === undefined) return [];
  return ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${quoted(`${directory}/${kind}_temp`)};`,
  );
}
