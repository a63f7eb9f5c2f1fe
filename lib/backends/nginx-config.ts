import { type ServerConfigOptions } from '../responses/download-backend.js';
import { type NginxRule, taggedLocation } from './nginx-options.js';
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
 * nginx drops them from an offloaded answer. An empty variable adds no header.
 *
 * @internal
 */
export const BROUGHT_BACK = [
  'Content-Security-Policy',
  'Vary',
  'Content-Language',
  'Repr-Digest',
  'Referrer-Policy',
  'Permissions-Policy',
  'X-Frame-Options',
  'Cross-Origin-Resource-Policy',
  'Cross-Origin-Opener-Policy',
  'Cross-Origin-Embedder-Policy',
  'X-Robots-Tag',
  'Timing-Allow-Origin',
  'Access-Control-Allow-Origin',
  'Access-Control-Allow-Credentials',
  'Access-Control-Expose-Headers',
  'Strict-Transport-Security',
  'X-Download-Explain',
];

/**
 * What the application told nginx of the file.
 *
 * @internal
 */
export const VALIDATORS = ['ETag', 'Last-Modified'];

/** What nginx passes on by itself, or has of its own. */
const KEPT = [
  'Content-Type',
  'Content-Disposition',
  'Cache-Control',
  'Expires',
  'Set-Cookie',
  'X-Content-Type-Options',
];
const REACHING = new Set(
  [...KEPT, ...BROUGHT_BACK, ...VALIDATORS].map((name) => name.toLowerCase()),
);

/**
 * Whether a header of the application does not reach the client of a file that nginx sends.
 *
 * @param further names of headers that are brought back besides
 * @internal
 */
export function isLostByNginx(
  further: readonly string[] = [],
): (name: string) => boolean {
  const reaching = new Set(further.map((name) => name.toLowerCase()));
  return (name) =>
    !REACHING.has(name.toLowerCase()) && !reaching.has(name.toLowerCase());
}

/**
 * How nginx names a header of the answer that it has got last: `$upstream_http_vary`.
 *
 * @internal
 */
export function upstreamVariable(header: string): string {
  return `$upstream_http_${header.toLowerCase().replaceAll('-', '_')}`;
}

/**
 * A text as it stands in a configuration.
 *
 * @internal
 */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

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
  { headers }: CheckedServerConfig,
): string[] {
  const { destination } = rule;
  const tagged = taggedLocation(destination);
  const broughtBack = broughtBackWith(headers);
  return [
    ...fileLocation(
      `location ^~ ${destination} {`,
      rule,
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
      [...OWN_TAG, 'max_ranges 50;'],
      [...VALIDATORS, ...broughtBack],
    ),
    '',
    ...fileLocation(
      `location ^~ ${wholeLocation(destination)} {  # and a Range that asks for nothing`,
      rule,
      [...OWN_TAG, 'max_ranges 0;', 'add_header Accept-Ranges bytes;'],
      [...VALIDATORS, ...broughtBack],
    ),
  ];
}

const OWN_TAG = ['etag off;', 'if_modified_since off;'];

function fileLocation(
  opening: string,
  rule: NginxRule,
  further: readonly string[],
  broughtBack: readonly string[],
): string[] {
  const directory = directoryOf(rule);
  return [
    opening,
    ...indent([
      'internal;',
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
  readonly storeLocations?: (headers: readonly string[]) => readonly string[];
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
      ...outsideLines(parts.httpLines),
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
      ...(parts.httpLines ?? []),
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
function outsideLines(lines: readonly string[] = []): string[] {
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
    ...(storeLocations?.(broughtBackWith(checked.headers)) ?? []),
    '',
    'location @download_gone {',
    ...indent([
      'internal;',
      'default_type text/plain;',
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
