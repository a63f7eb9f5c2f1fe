import { apache } from '../backends/apache.backend.js';
import { caddy } from '../backends/caddy.backend.js';
import { lighttpd } from '../backends/lighttpd.backend.js';
import {
  type NginxCacheOptions,
  type NginxRemoteOptions,
} from '../backends/nginx-options.js';
import { nginx } from '../backends/nginx.backend.js';
import { type LocationRule, type PathEncoding } from '../backends/rules.js';
import { InvalidOptionsError } from '../errors/download-errors.js';
import {
  type DownloadBackend,
  type ServerConfigOptions,
} from '../responses/download-backend.js';
import {
  WrongUseError,
  type CommandLine,
  type OptionKind,
  readCommandLine,
} from './command-line.js';
import { locationRule, pathRule } from './typed-rules.js';

/**
 * @internal
 */
export const SERVER_NAMES = ['nginx', 'apache', 'lighttpd', 'caddy'] as const;

/**
 * @internal
 */
export type ServerName = (typeof SERVER_NAMES)[number];

/**
 * @throws WrongUseError for a server that is not known, or missing
 * @internal
 */
export function serverName(given: string | undefined): ServerName {
  const name = SERVER_NAMES.find((known) => known === given);
  if (name !== undefined) return name;
  throw new WrongUseError(
    'The name of the server',
    given,
    `Give ${SERVER_NAMES.join(', ')}.`,
  );
}

/** What backends call an option, and what the command calls it. */
const NAMES: readonly (readonly [pattern: RegExp, option: string])[] = [
  [/^rules\[(\d+)\]/, 'rule'],
  [/^serverConfig\.upstream$/, 'upstream'],
  [/^serverConfig\.listen$/, 'listen'],
  [/^serverConfig\.serverName$/, 'server-name'],
  [/^serverConfig\.user$/, 'user'],
  [/^serverConfig\.directory$/, 'directory'],
  [/^serverConfig\.headers\[(\d+)\]$/, 'header'],
  [/^serverConfig\.accessLog$/, 'access-log'],
  [/^serverConfig\.timeout$/, 'timeout'],
  [/^nginx\.charset$/, 'charset'],
  [/^nginx\.remote\.hosts\[(\d+)\]$/, 'remote-host'],
  [/^nginx\.remote\.resolver$/, 'remote-resolver'],
  [/^nginx\.remote\.certificates$/, 'remote-certificates'],
  [/^nginx\.remote\.cache\.directory$/, 'remote-cache'],
  [/^nginx\.remote\.cache\.size$/, 'remote-cache-size'],
  [/^nginx\.remote\.cache\.slice$/, 'remote-cache-slice'],
];
const PARTS: Partial<Record<string, string>> = {
  sourceDir: 'the directory',
  sourceUrl: 'the URL prefix',
  destination: 'the location',
  destinationDir: 'the directory of the server',
};

/**
 * What a backend refused, told of the option that was typed.
 *
 * @param valuesOf what was given for an option of the command
 * @internal
 */
export function wrongOption(
  error: InvalidOptionsError,
  valuesOf: (name: string) => readonly string[],
): Error {
  const [, header] =
    /^serverConfig\.requestHeaders\.(.*)$/s.exec(error.option) ?? [];
  if (header !== undefined) {
    const given = valuesOf('request-header').find((text) =>
      text.startsWith(`${header}=`),
    );
    return new WrongUseError('--request-header', given, error.accepted);
  }
  for (const [pattern, name] of NAMES) {
    const match = pattern.exec(error.option);
    if (!match) continue;
    const given = valuesOf(name)[Number(match[1] ?? 0)];
    const part = PARTS[/^rules\[\d+\]\.(\w+)$/.exec(error.option)?.[1] ?? ''];
    const where = part === undefined ? '' : `Wrong is ${part}. `;
    return new WrongUseError(`--${name}`, given, where + error.accepted);
  }
  return error;
}

const OF_ALL = {
  rule: 'values',
  upstream: 'value',
  include: 'alone',
  listen: 'value',
  'server-name': 'value',
  user: 'value',
  directory: 'value',
  header: 'values',
  'request-header': 'values',
  'access-log': 'value',
  timeout: 'value',
  help: 'alone',
} as const;
const OPTIONS: Record<ServerName, Record<string, OptionKind>> = {
  nginx: {
    ...OF_ALL,
    charset: 'value',
    'remote-host': 'values',
    'remote-resolver': 'value',
    'remote-certificates': 'value',
    'remote-cache': 'value',
    'remote-cache-size': 'value',
    'remote-cache-slice': 'value',
    'remote-cache-inactive': 'value',
  },
  apache: { ...OF_ALL, 'path-encoding': 'value' },
  lighttpd: OF_ALL,
  caddy: { ...OF_ALL, 'path-encoding': 'value' },
};
const BACKENDS: Record<ServerName, (given: Given) => DownloadBackend> = {
  nginx: (given) =>
    nginx({
      rules: rulesBeside(given.all('remote-host'), given),
      charset: given.one('charset'),
      remote: remoteOf(given),
    }),
  apache: (given) =>
    apache({
      rules: rulesOf(given).map(pathRule),
      pathEncoding: pathEncodingOf(given),
    }),
  lighttpd: (given) => lighttpd({ rules: rulesOf(given).map(pathRule) }),
  caddy: (given) =>
    caddy({
      rules: rulesOf(given).map(locationRule),
      pathEncoding: pathEncodingOf(given),
    }),
};

/** What was typed behind the server's name. */
interface Given {
  readonly one: (name: string) => string | undefined;
  readonly all: (name: string) => readonly string[];
}

/**
 * The configuration that the backend's serverConfig() prints for these options.
 *
 * @param parameters what follows the server's name
 * @throws WrongUseError
 * @internal
 */
export function printConfig(
  server: ServerName,
  parameters: readonly string[],
): string {
  const line = readCommandLine(parameters, OPTIONS[server]);
  const given = givenOf(line);
  try {
    const backend = BACKENDS[server](given);
    const options = serverOptions(given, line.values.has('include'));
    return backend.serverConfig?.(options) ?? '';
  } catch (error) {
    if (!(error instanceof InvalidOptionsError)) throw error;
    throw wrongOption(error, given.all);
  }
}

function givenOf({ positionals, values }: CommandLine): Given {
  const [unexpected] = positionals;
  if (unexpected !== undefined) {
    throw new WrongUseError(
      'Unexpected argument',
      unexpected,
      'Everything behind the name of the server is given by options: see --help.',
    );
  }
  return {
    one: (name) => values.get(name)?.[0],
    all: (name) => values.get(name) ?? [],
  };
}

function rulesOf(given: Given): readonly string[] {
  const rules = given.all('rule');
  if (rules.length > 0) return rules;
  throw new WrongUseError(
    '--rule',
    undefined,
    'Say which files the server can reach: see --help.',
  );
}

/** Where nginx fetches files from stores, there need not be any on a disk. */
function rulesBeside(
  hosts: readonly string[],
  given: Given,
): LocationRule[] | undefined {
  const isNone = hosts.length > 0 && given.all('rule').length === 0;
  return isNone ? undefined : rulesOf(given).map(locationRule);
}

function serverOptions(given: Given, include: boolean): ServerConfigOptions {
  const upstream = given.one('upstream');
  if (upstream === undefined) {
    throw new WrongUseError(
      '--upstream',
      undefined,
      'Give host:port of the application, such as 127.0.0.1:3000.',
    );
  }
  return {
    upstream,
    include,
    listen: given.one('listen'),
    serverName: given.one('server-name'),
    user: given.one('user'),
    directory: given.one('directory'),
    headers: given.all('header'),
    requestHeaders: Object.fromEntries(
      given.all('request-header').map(requestHeader),
    ),
    accessLog: accessLogOf(given.one('access-log')),
    timeout: secondsOf('--timeout', given.one('timeout')),
  };
}

/** `X-Real-IP=$remote_addr` */
function requestHeader(text: string): [name: string, value: string] {
  const [, name, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  throw new WrongUseError(
    '--request-header',
    text,
    "Give NAME=VALUE, the value as the server writes it: 'X-Real-IP=$remote_addr'.",
  );
}

function accessLogOf(given: string | undefined): string | false | undefined {
  return given === 'off' ? false : given;
}

function secondsOf(
  option: string,
  given: string | undefined,
): number | undefined {
  if (given === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(given)) return Number(given);
  throw new WrongUseError(option, given, 'Give whole seconds, 1 or more.');
}

function remoteOf(given: Given): NginxRemoteOptions | undefined {
  const hosts = given.all('remote-host');
  const resolver = given.one('remote-resolver');
  const certificates = given.one('remote-certificates');
  const cache = cacheOf(given);
  if (hosts.length > 0) return { hosts, resolver, certificates, cache };
  if (!resolver && !certificates && !cache) return undefined;
  throw new WrongUseError(
    '--remote-host',
    undefined,
    'Give at least one store: without it nginx asks none.',
  );
}

function cacheOf(given: Given): NginxCacheOptions | undefined {
  const directory = given.one('remote-cache');
  const size = given.one('remote-cache-size');
  const slice = given.one('remote-cache-slice');
  const inactive = given.one('remote-cache-inactive');
  if (directory !== undefined && size !== undefined) {
    const option = '--remote-cache-inactive';
    return { directory, size, slice, inactive: secondsOf(option, inactive) };
  }
  if (!directory && !size && !slice && !inactive) return undefined;
  throw new WrongUseError(
    directory === undefined ? '--remote-cache' : '--remote-cache-size',
    undefined,
    'A cache needs both a directory of nginx and how large it may become: ' +
      '--remote-cache /var/cache/nginx/download --remote-cache-size 10g.',
  );
}

/** The configuration is the same for both: only the application has to know. */
function pathEncodingOf(given: Given): PathEncoding {
  const encoding = given.one('path-encoding') ?? 'percent';
  if (encoding === 'raw' || encoding === 'percent') return encoding;
  throw new WrongUseError(
    '--path-encoding',
    encoding,
    'Give raw or percent, as the application does.',
  );
}
