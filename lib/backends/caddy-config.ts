import { InvalidOptionsError } from '../errors/download-errors.js';
import { type ServerConfigOptions } from '../responses/download-backend.js';
import {
  checkOneLog,
  indentWith,
  serverPlaces,
  type ServerPlaces,
} from './server-config.js';
import { SPOOFABLE } from './server-headers.js';
import { directoryOf, type LocationRule, wholeLocation } from './rules.js';

/**
 * The server's own, and what only the body that it sends has.
 *
 * @internal
 */
export const NOT_COPIED = [
  'X-Accel-Redirect',
  'X-Sendfile',
  'Content-Length',
  'Content-Encoding',
  'Content-Range',
  'Accept-Ranges',
  'Transfer-Encoding',
  'Connection',
  'Keep-Alive',
  'Server',
  'Date',
  'Last-Modified',
];

/** Those of them that Caddy has of its own. */
const OF_CADDY = ['Content-Length', 'Accept-Ranges', 'Last-Modified'];
const NOT_REACHING = new Set(
  NOT_COPIED.filter((name) => !OF_CADDY.includes(name)).map((name) =>
    name.toLowerCase(),
  ),
);

/**
 * Whether a header of the application does not reach the client of a file that Caddy sends.
 *
 * @internal
 */
export function isLostByCaddy(name: string): boolean {
  return NOT_REACHING.has(name.toLowerCase());
}

/**
 * What an answer without the file must not have.
 *
 * @internal
 */
export const OF_THE_FILE = [
  'Content-Disposition',
  'Content-Type',
  'Content-Security-Policy',
  'ETag',
  'Last-Modified',
  'Repr-Digest',
  'Set-Cookie',
];

/** As `caddy fmt` has it. */
const indent = indentWith('\t');

/**
 * A configuration of Caddy for these rules: complete, or only what goes into a site block. Tested with
 * Caddy 2.6.2.
 *
 * @internal
 */
export function caddyConfig(
  rules: readonly LocationRule[],
  options: ServerConfigOptions,
): string {
  const places = serverPlaces(options);
  const site = siteDirectives(rules, places);
  const lines = options.include
    ? site
    : [
        ...globalOptions(places, options.directory),
        '',
        `${addresses(places)} {`,
        ...indent([
          ...(places.listen.host ? [`bind ${places.listen.host}`] : []),
          ...site,
        ]),
        '}',
      ];
  return `${lines.join('\n')}\n`;
}

/**
 * @throws InvalidOptionsError for a directory that Caddy's syntax cannot carry
 * @internal
 */
export function checkCaddyDirectories(rules: readonly LocationRule[]): void {
  rules.forEach((rule, index) => {
    const directory = directoryOf(rule);
    if (/[{}]/.test(directory) || quoted(directory) === undefined) {
      throw new InvalidOptionsError(
        `rules[${index}]`,
        directory,
        'Give a directory without braces, and without a back quote beside a backslash before a quote: Caddy cannot be told it.',
      );
    }
  });
}

function globalOptions(
  { user }: ServerPlaces,
  directory: string | undefined,
): string[] {
  return [
    ...(user
      ? [`# Caddy changes to no other user: start it as ${user[0]}.`]
      : []),
    '{',
    ...indent([
      'admin off',
      ...(directory === undefined
        ? []
        : [`storage file_system ${quoted(directory)}`]),
    ]),
    '}',
  ];
}

function addresses({ names, listen }: ServerPlaces): string {
  if (names.length === 0) return `http://:${listen.port}`;
  return names.map((name) => `http://${name}:${listen.port}`).join(', ');
}

function siteDirectives(
  rules: readonly LocationRule[],
  places: ServerPlaces,
): string[] {
  const { upstream, requestHeaders, timeout } = places;
  return [
    ...logLines(places),
    `reverse_proxy ${upstream.host}:${upstream.port} {`,
    ...indent([
      ...SPOOFABLE.map((name) => `header_up -${name}`),
      ...Object.entries(requestHeaders).map(
        ([name, value]) =>
          `header_up ${name} ${tellable(`requestHeaders.${name}`, value)}`,
      ),
      'header_down -X-Sendfile',
      '# Otherwise Caddy decodes a file that has a coding, but not a part of it.',
      'transport http {',
      ...indent([
        'compression off',
        ...(timeout === undefined
          ? []
          : [`response_header_timeout ${timeout}s`]),
      ]),
      '}',
      ...rules.flatMap((rule, index) => [
        ...handleResponse(`download_${index + 1}`, rule, rule.destination),
        ...handleResponse(
          `download_${index + 1}_whole`,
          rule,
          wholeLocation(rule.destination),
          ['# A Range that asks for nothing.', 'request_header -Range'],
        ),
      ]),
      '',
      '# Of another status, or to be found nowhere: the header is a path, which is not for clients.',
      '@download_elsewhere header X-Accel-Redirect *',
      'handle_response @download_elsewhere {',
      ...indent(['respond 502']),
      '}',
    ]),
    '}',
    'handle_errors {',
    ...indent([
      'header Cache-Control no-store',
      ...OF_THE_FILE.map((name) => `header -${name}`),
      '@download_gone expression {err.status_code} in [403, 404]',
      'respond @download_gone "Not Found" 404',
      'respond "{err.status_text}" {err.status_code}',
    ]),
    '}',
  ];
}

/** Its lines are JSON, which is what completions are read from. */
function logLines(places: ServerPlaces): string[] {
  checkOneLog(places);
  const { completions, accessLog } = places;
  const file = completions ? completions.file : accessLog;
  const output =
    completions?.listen === undefined
      ? file && `file ${tellable('accessLog', file)}`
      : `net udp/${completions.listen}`;
  if (!output) return [];
  return ['log {', ...indent([`output ${output}`, 'format json']), '}'];
}

function handleResponse(
  name: string,
  rule: LocationRule,
  location: string,
  further: readonly string[] = [],
): string[] {
  return [
    '',
    `@${name} {`,
    ...indent(['status 200', `header X-Accel-Redirect ${location}*`]),
    '}',
    `handle_response @${name} {`,
    ...indent([
      `root * ${quoted(directoryOf(rule))}`,
      'copy_response_headers {',
      ...indent([`exclude ${NOT_COPIED.join(' ')}`]),
      '}',
      ...further,
      'method * GET',
      'rewrite * {rp.header.X-Accel-Redirect}',
      `uri strip_prefix ${location.slice(0, -1)}`,
      'file_server {',
      ...indent(['index .none', 'disable_canonical_uris']),
      '}',
    ]),
    '}',
  ];
}

function tellable(option: string, value: string): string {
  const text = quoted(value);
  if (text !== undefined) return text;
  throw new InvalidOptionsError(
    `serverConfig.${option}`,
    value,
    'Give a text without a back quote beside a backslash before a quote: Caddy cannot be told it.',
  );
}

/** Nothing is special between back quotes; between quotes a backslash is, before a quote. */
function quoted(text: string): string | undefined {
  if (!text.includes('`')) return `\`${text}\``;
  return text.includes('\\"') ? undefined : `"${text.replaceAll('"', '\\"')}"`;
}
