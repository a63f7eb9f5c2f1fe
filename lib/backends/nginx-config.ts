import { type ServerConfigOptions } from '../responses/download-backend.js';
import {
  BROUGHT_BACK,
  quoted,
  upstreamVariable,
  VALIDATORS,
} from './nginx-headers.js';
import {
  type NginxRule,
  taggedLocation,
  type NginxOptions,
} from './nginx-options.js';
import { remoteLocations } from './nginx-remote.js';
import { directoryOf } from './rules.js';
import { indent, SPOOFABLE, checkServerOptions } from './server-options.js';

/**
 * Both locations that a rule's files go out by.
 *
 * @internal
 */
export function ruleLocations(rule: NginxRule): string[] {
  const { destination } = rule;
  const tagged = taggedLocation(destination);
  return [
    `location ^~ ${destination} {`,
    ...indent([
      ...fileLines(rule, [
        '# A tag of the application comes before the one that nginx would make.',
        `if ($upstream_http_etag) { rewrite ${quoted(`(?s)^${patternOf(destination)}(.*)`)} ${tagged}$1 last; }`,
      ]),
      ...BROUGHT_BACK.map(broughtBack),
    ]),
    '}',
    '',
    `location ^~ ${tagged} {  # the application has answered the conditions`,
    ...indent([
      ...fileLines(rule, ['etag off;', 'if_modified_since off;']),
      ...[...VALIDATORS, ...BROUGHT_BACK].map(broughtBack),
    ]),
    '}',
  ];
}

function fileLines(rule: NginxRule, further: readonly string[]): string[] {
  const directory = directoryOf(rule);
  return [
    'internal;',
    `alias ${quoted(directory)};`,
    `disable_symlinks on ${quoted(`from=${directory}`)};`,
    'index .none;',
    'autoindex off;',
    'if (-d $request_filename) { return 404; }  # else a redirect tells this location to the client',
    ...further,
    'error_page 403 404 500 =404 @download_gone;',
    ...(rule.charset === undefined ? [] : [`charset ${rule.charset};`]),
    'sendfile on;',
    'tcp_nopush on;',
    'gzip off;  # it would take the ranges away',
    'max_ranges 50;',
    'add_header X-Content-Type-Options nosniff always;',
  ];
}

function broughtBack(name: string): string {
  return `add_header ${name} ${upstreamVariable(name)};`;
}

function patternOf(destination: string): string {
  return destination.replaceAll('.', '\\.');
}

/**
 * A configuration of nginx for these rules: complete, or only the locations for a server block. Tested with
 * nginx 1.22.
 *
 * @param charset what X-Accel-Charset will name
 * @param remote which stores nginx asks for files
 * @internal
 */
export function nginxConfig(
  rules: readonly NginxRule[],
  options: ServerConfigOptions,
  backend: Pick<NginxOptions, 'charset' | 'remote'>,
): string {
  checkServerOptions(options);
  const site = serverBlock(rules, options, backend);
  if (options.include) return `${site.join('\n')}\n`;
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
      ...indent(site),
      '}',
    ]),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

function serverBlock(
  rules: readonly NginxRule[],
  { listen = '80', serverName = '_', upstream, include }: ServerConfigOptions,
  { charset = 'utf-8', remote }: Pick<NginxOptions, 'charset' | 'remote'>,
): string[] {
  return [
    ...(include
      ? []
      : [
          `listen ${listen};`,
          `server_name ${serverName};`,
          'client_max_body_size 0;  # the application decides what it takes',
          '',
        ]),
    'location / {',
    ...indent(applicationLocation(upstream)),
    '}',
    ...rules.flatMap((rule) => ['', ...ruleLocations(rule)]),
    ...(remote ? remoteLocations(remote) : []),
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
