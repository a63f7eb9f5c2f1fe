import { hostIn } from '../files/http-file-url.js';
import { indent } from './config-text.js';
import { quoted } from './nginx-headers.js';
import { type NginxRemoteOptions } from './nginx-options.js';
import { REMOTE_LOCATION } from './nginx-rules.js';
import { answerLines, keepingLines } from './nginx-store-answer.js';

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
const IS_ADDRESS = /^(?:\[[\da-f:.]+\]|[\d.]+)(?::\d+)?$/;
/**
 * The locations by which files of other servers go out: one for each host, which is all that can be asked,
 * and the one that asks.
 *
 * @internal
 */
export function remoteLocations(remote: NginxRemoteOptions): string[] {
  return [
    ...storesOf(remote.hosts).flatMap(({ scheme, host }, index) =>
      storeLocation(scheme, host, index, remote),
    ),
    '',
    `location = ${REMOTE_LOCATION} {`,
    ...indent(askingLines(remote)),
    '}',
    ...endingLocations(),
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
  { resolver }: NginxRemoteOptions,
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
      `rewrite ^ ${REMOTE_LOCATION} last;`,
    ]),
    '}',
    ...lookUp,
  ];
}

function askingLines(remote: NginxRemoteOptions): string[] {
  const { resolver, certificates = CERTIFICATES } = remote;
  return [
    'internal;',
    ...keepingLines(),
    'if ($args !~ ^/) { return 502; }  # path and query as they were signed, and no other host',
    ...(resolver === undefined ? [] : [`resolver ${resolver};`]),
    'proxy_pass $download_store$args;',
    'proxy_http_version 1.1;',
    'proxy_method GET;',
    'proxy_pass_request_headers off;  # cookies and credentials are not for the store',
    'proxy_pass_request_body off;',
    'proxy_set_header Host $download_host;',
    'proxy_set_header Content-Length "";',
    'proxy_set_header Accept-Encoding identity;',
    'proxy_set_header Range $http_range;',
    'proxy_set_header If-Range $http_if_range;',
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
    'proxy_max_temp_file_size 0;  # nothing goes to the disk of nginx',
    ...answerLines(),
  ];
}

function endingLocations(): string[] {
  return [
    ...endingLocation('@download_failed', '502 "Bad Gateway\\n"'),
    ...endingLocation('@download_late', '504 "Gateway Timeout\\n"'),
    ...endingLocation(
      '@download_unsatisfiable',
      '416 "Range Not Satisfiable\\n"',
      ['add_header Content-Range $upstream_http_content_range always;'],
    ),
  ];
}

function endingLocation(
  name: string,
  answer: string,
  further: readonly string[] = [],
): string[] {
  return [
    '',
    `location ${name} {`,
    ...indent([
      'internal;',
      'default_type text/plain;',
      'add_header Cache-Control no-store always;',
      ...further,
      `return ${answer};`,
    ]),
    '}',
  ];
}
