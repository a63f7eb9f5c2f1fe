import { type ServerConfigOptions } from '../responses/download-backend.js';
import { type LocationRule } from './rules.js';
import { checkServerOptions } from './server-options.js';

// nginx drops them from an offloaded answer. An empty variable adds no header.
const BROUGHT_BACK = [
  'Content-Security-Policy',
  'Vary',
  'Content-Language',
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
];
const SPOOFABLE = [
  'X-Accel-Redirect',
  'X-Accel-Mapping',
  'X-Sendfile',
  'X-Sendfile-Type',
];

/**
 * A complete configuration of nginx for these rules; tested with nginx 1.22.
 *
 * @param charset what X-Accel-Charset will name
 * @internal
 */
export function nginxConfig(
  rules: readonly LocationRule[],
  options: ServerConfigOptions,
  charset = 'utf-8',
): string {
  checkServerOptions(options);
  const lines = [
    ...(options.user ? [`user ${options.user};`] : []),
    'worker_processes auto;',
    ...processFiles(options.directory),
    'events { worker_connections 1024; }',
    'http {',
    ...indent([
      'default_type application/octet-stream;  # the application sends the type of every file',
      'server_tokens off;',
      'access_log off;',
      ...temporaryFiles(options.directory),
      'server {',
      ...indent(serverBlock(rules, options, charset)),
      '}',
    ]),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

function serverBlock(
  rules: readonly LocationRule[],
  { listen = '80', serverName = '_', upstream }: ServerConfigOptions,
  charset: string,
): string[] {
  return [
    `listen ${listen};`,
    `server_name ${serverName};`,
    'client_max_body_size 0;  # the application decides what it takes',
    '',
    'location / {',
    ...indent(applicationLocation(upstream)),
    '}',
    ...rules.flatMap((rule) => ['', ...internalLocation(rule)]),
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

function applicationLocation(upstream: string): string[] {
  return [
    `proxy_pass http://${upstream};`,
    'proxy_http_version 1.1;  # an answer that is cut must not look complete',
    'proxy_set_header Connection "";',
    'proxy_set_header Host $http_host;',
    'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    'proxy_set_header X-Forwarded-Proto $scheme;',
    ...SPOOFABLE.map((name) => `proxy_set_header ${name} "";`),
    'proxy_hide_header X-Sendfile;',
    'proxy_buffer_size 16k;  # the headers of an answer must fit in, else it is a 502',
    'proxy_buffers 8 16k;',
  ];
}

function internalLocation(rule: LocationRule): string[] {
  const directory =
    rule.destinationDir ?? ('sourceDir' in rule ? rule.sourceDir : undefined);
  return [
    `location ^~ ${rule.destination} {`,
    ...indent([
      'internal;',
      `alias ${quoted(String(directory))};`,
      `disable_symlinks on ${quoted(`from=${directory}`)};`,
      'index .none;',
      'autoindex off;',
      'if (-d $request_filename) { return 404; }  # else a redirect tells this location to the client',
      'error_page 403 404 500 =404 @download_gone;',
      'sendfile on;',
      'tcp_nopush on;',
      'gzip off;  # it would take the ranges away',
      'max_ranges 50;',
      'add_header X-Content-Type-Options nosniff always;',
      ...BROUGHT_BACK.map(
        (name) =>
          `add_header ${name} $upstream_http_${name.toLowerCase().replaceAll('-', '_')};`,
      ),
    ]),
    '}',
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

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `  ${line}`));
}
