import { hostIn } from '../files/http-file-url.js';
import { type CompletionLines } from './nginx-config.js';
import {
  NOT_OF_THE_STORE,
  quoted,
  upstreamVariable,
  VALIDATORS,
  CACHED_LOCATION,
  type NginxCacheOptions,
  type NginxRemoteOptions,
  REMOTE_LOCATION,
} from './nginx-options.js';
import { indent } from './server-config.js';

const ACCEL = [
  'X-Accel-Redirect',
  'X-Accel-Expires',
  'X-Accel-Limit-Rate',
  'X-Accel-Buffering',
  'X-Accel-Charset',
];
/** How an answer ends that is no file. Every other status from 300 on is a 502. */
const ENDINGS: Readonly<Record<string, readonly number[]>> = {
  '=404 @download_gone': [404, 410],
  '=503 @download_changed': [412, 416],
  '=504 @download_late': [504],
};
/** nginx has it for clients that left, and allows no page for it. */
const CLIENT_LEFT = 499;

/**
 * Keeps what the application said: once the store answers, its headers take the place of those.
 */
function keepingLines(saidByUs: readonly string[]): string[] {
  return saidByUs.map(
    (name) => `set ${keptVariable(name)} ${upstreamVariable(name)};`,
  );
}

/**
 * What becomes of the store's answer: of one that is a file the bytes, and the application's headers; of
 * any other nothing.
 */
function answerLines(
  saidByUs: readonly string[],
  furtherIgnored = '',
  hidden = saidByUs,
): string[] {
  return [
    'proxy_redirect off;',
    `proxy_ignore_headers ${`${furtherIgnored} ${ACCEL.join(' ')}`.trim()};`,
    'proxy_headers_hash_max_size 1024;',
    'proxy_headers_hash_bucket_size 128;',
    ...[...NOT_OF_THE_STORE, ...hidden].map(
      (name) => `proxy_hide_header ${name};`,
    ),
    'proxy_intercept_errors on;',
    ...Object.entries(ENDINGS).map(
      ([ending, codes]) => `error_page ${codes.join(' ')} ${ending};`,
    ),
    ...failures().map((codes) => `error_page ${codes} =502 @download_failed;`),
    'gzip off;  # it would take the ranges away',
    'add_header X-Content-Type-Options nosniff always;',
    ...saidByUs.map((name) => `add_header ${name} ${keptVariable(name)};`),
  ];
}

/** A line for each hundred. */
function failures(): string[] {
  const others = [...Object.values(ENDINGS).flat(), CLIENT_LEFT];
  return [300, 400, 500].map((first) =>
    Array.from({ length: 100 }, (_, index) => first + index)
      .filter((status) => !others.includes(status))
      .join(' '),
  );
}

function keptVariable(header: string): string {
  return upstreamVariable(header).replace('$upstream_http', '$download');
}

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
const IS_ADDRESS = /^(?:\[[\da-f:.]+\]|[\d.]+)(?::\d+)?$/;
/**
 * The locations by which files of other servers go out: one for each host, which is all that can be asked,
 * and the one that asks.
 *
 * @param broughtBack names of headers that the application says in the store's place
 * @internal
 */
export function remoteLocations(
  remote: NginxRemoteOptions,
  broughtBack: readonly string[],
  { keeping, logging }: CompletionLines,
): string[] {
  const saidByUs = [...VALIDATORS, ...broughtBack];
  return [
    ...storesOf(remote.hosts).flatMap(({ scheme, host }, index) =>
      storeLocation(scheme, host, index, remote),
    ),
    '',
    `location = ${REMOTE_LOCATION} {`,
    ...indent([...keeping, ...logging, ...askingLines(remote, saidByUs)]),
    '}',
    ...(remote.cache
      ? [
          '',
          `location = ${CACHED_LOCATION} {`,
          ...indent([
            ...keeping,
            ...logging,
            ...cachedLines(remote, remote.cache, saidByUs),
          ]),
          '}',
        ]
      : []),
    ...endingLocations(logging),
  ];
}

/**
 * What has to stand outside of any server block.
 *
 * @internal
 */
export function cachePathLines({ cache }: NginxRemoteOptions): string[] {
  if (!cache) return [];
  const { directory, size, inactive = A_WEEK } = cache;
  return [
    `proxy_cache_path ${quoted(directory)} levels=1:2 keys_zone=${ZONE}:10m max_size=${size} inactive=${inactive}s use_temp_path=off;`,
  ];
}

const ZONE = 'download_store';
const A_WEEK = 7 * 86_400;

function cachedLines(
  remote: NginxRemoteOptions,
  { slice = '1m' }: NginxCacheOptions,
  saidByUs: readonly string[],
): string[] {
  return [
    'internal;',
    ...keepingLines(saidByUs),
    'set $download_version $upstream_http_x_download_version;',
    'if ($args !~ ^(/[^?]*)) { return 502; }  # path and query as they were signed, and no other host',
    'set $download_object $1;',
    `slice ${slice};`,
    `proxy_cache ${ZONE};`,
    'proxy_cache_key "$download_store$download_object $download_version $slice_range";  # and no signature',
    'proxy_cache_valid 200 206 365d;  # the key names the version: it never goes stale',
    'proxy_cache_lock on;',
    'proxy_cache_lock_timeout 60s;  # else everybody asks a slow store',
    'proxy_cache_lock_age 60s;',
    ...storeLines(remote),
    'proxy_set_header Range $slice_range;',
    'proxy_set_header If-Match $download_version;  # a slice of another version is never taken',
    ...answerLines(
      saidByUs,
      'Cache-Control Expires Set-Cookie Vary',
      // nginx compares it from slice to slice, and with If-Range.
      saidByUs.filter((name) => name !== 'ETag'),
    ),
  ];
}

/**
 * What the application tells nginx of a file of another server, ahead of path and query.
 *
 * @internal
 */
export function storeUri(scheme: string, host: string): string {
  return `${REMOTE_LOCATION}${scheme}/${host}`;
}

function storesOf(
  hosts: readonly string[],
): { scheme: string; host: string }[] {
  return ['https', 'http'].flatMap((scheme) => {
    const known = hosts.map((host) => hostIn(host, `${scheme}:`));
    return [...new Set(known)]
      .filter((host) => host !== undefined)
      .map((host) => ({ scheme, host }));
  });
}

function storeLocation(
  scheme: string,
  host: string,
  index: number,
  { resolver, cache }: NginxRemoteOptions,
): string[] {
  const lookUp =
    resolver !== undefined || IS_ADDRESS.test(host)
      ? []
      : [
          '',
          `location @download_store_${index} {  # has nginx look the name up when it starts`,
          ...indent(['internal;', `proxy_pass ${scheme}://${host};`]),
          '}',
        ];
  return [
    '',
    `location = ${quoted(storeUri(scheme, host))} {`,
    ...indent([
      'internal;',
      `set $download_store ${scheme}://${host};`,
      `set $download_host ${host};`,
      ...(cache
        ? [
            `if ($upstream_http_x_download_cached) { rewrite ^ ${CACHED_LOCATION} last; }`,
          ]
        : []),
      `rewrite ^ ${REMOTE_LOCATION} last;`,
    ]),
    '}',
    ...lookUp,
  ];
}

function askingLines(
  remote: NginxRemoteOptions,
  saidByUs: readonly string[],
): string[] {
  return [
    'internal;',
    ...keepingLines(saidByUs),
    'set $download_version $upstream_http_x_download_version;',
    'set $download_range $upstream_http_x_download_range;  # where the application has judged If-Range',
    'if ($args !~ ^/) { return 502; }  # path and query as they were signed, and no other host',
    ...storeLines(remote),
    'proxy_set_header Range $download_range;',
    'proxy_set_header If-Match $download_version;',
    'proxy_max_temp_file_size 0;  # nothing goes to the disk of nginx',
    ...answerLines(saidByUs),
    "proxy_hide_header Accept-Ranges;  # the application's stays",
  ];
}

/** How a store is asked. */
function storeLines({
  resolver,
  certificates = CERTIFICATES,
}: NginxRemoteOptions): string[] {
  return [
    ...(resolver === undefined ? [] : [`resolver ${resolver};`]),
    'proxy_pass $download_store$args;',
    'proxy_http_version 1.1;',
    'proxy_method GET;',
    'proxy_pass_request_headers off;  # cookies and credentials are not for the store',
    'proxy_pass_request_body off;',
    'proxy_set_header Host $download_host;',
    'proxy_set_header Content-Length "";',
    'proxy_set_header Accept-Encoding identity;',
    'proxy_ssl_server_name on;',
    'proxy_ssl_name $download_host;',
    'proxy_ssl_protocols TLSv1.2 TLSv1.3;',
    'proxy_ssl_verify on;',
    'proxy_ssl_verify_depth 4;',
    `proxy_ssl_trusted_certificate ${quoted(certificates)};`,
    'proxy_connect_timeout 10s;',
    'proxy_read_timeout 30s;',
    'proxy_buffer_size 16k;',
    'proxy_buffers 8 16k;',
  ];
}

function endingLocations(logging: readonly string[]): string[] {
  return [
    ...endingLocation('@download_failed', '502 "Bad Gateway\\n"', logging),
    ...endingLocation('@download_late', '504 "Gateway Timeout\\n"', logging),
    ...endingLocation(
      '@download_changed',
      '503 "Service Unavailable\\n"',
      logging,
    ),
  ];
}

function endingLocation(
  name: string,
  answer: string,
  logging: readonly string[],
): string[] {
  return [
    '',
    `location ${name} {`,
    ...indent([
      'internal;',
      'default_type text/plain;',
      'add_header Cache-Control no-store always;',
      ...logging,
      `return ${answer};`,
    ]),
    '}',
  ];
}
