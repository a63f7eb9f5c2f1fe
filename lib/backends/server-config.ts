import { isAbsolute } from 'node:path';

import {
  CHECKED_ELSEWHERE,
  checkOptions,
  type OptionCheck,
  type OptionChecks,
  TRUE_OR_FALSE,
  isWholeNumber,
  wholeNumber,
} from '../errors/check-options.js';
import { InvalidOptionsError } from '../errors/download-errors.js';
import { type ServerConfigOptions } from '../responses/download-backend.js';
import {
  checkHeaderNames,
  checkRequestHeaders,
  uniqueNames,
} from './server-headers.js';
import { UNTELLABLE, directoryOf, type PathRule } from './rules.js';

const PLAIN: OptionCheck = [
  (value) => typeof value === 'string' && /^[\w.:[\]*~ /-]+$/.test(value),
  'Give it as it stands in a configuration, such as 127.0.0.1:3000.',
];
const CHECKS: OptionChecks<ServerConfigOptions> = {
  upstream: PLAIN,
  listen: [(value) => PLAIN[0](value) || isWholeNumber(value, 1), PLAIN[1]],
  serverName: PLAIN,
  user: PLAIN,
  directory: [
    isTellablePath,
    'Give the absolute path of a directory, without `$` and control characters.',
  ],
  include: TRUE_OR_FALSE,
  headers: CHECKED_ELSEWHERE,
  requestHeaders: CHECKED_ELSEWHERE,
  completions: CHECKED_ELSEWHERE,
  accessLog: [
    (value) => value === false || isTellablePath(value),
    'Give the absolute path of a file, without `$` and control characters, or false for no log.',
  ],
  timeout: wholeNumber(1, 'Give whole seconds, 1 or more.'),
};

function isTellablePath(value: unknown): boolean {
  return (
    typeof value === 'string' && isAbsolute(value) && !UNTELLABLE.test(value)
  );
}

/**
 * @internal
 */
export interface ServerAddress {
  /** A name, an address, or an IPv6 address in brackets. */
  readonly host?: string;
  readonly port: string;
}

/**
 * What serverConfig() is given, checked, for all servers alike.
 *
 * @internal
 */
export interface CheckedServerConfig {
  readonly directory?: string;
  readonly include: boolean;
  /** Names of the application's headers that are to reach clients, none of them twice. */
  readonly headers: readonly string[];
  /** Headers of requests to the application, by name. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** The file of the access log, false for none, undefined where the server decides. */
  readonly accessLog?: string | false;
  readonly timeout?: number;
  /** Where it is said what became of what was handed over. */
  readonly completions?: CompletionsTarget;
}

/**
 * A file, or an address that takes datagrams.
 *
 * @internal
 */
export interface CompletionsTarget {
  readonly file?: string;
  readonly listen?: string;
}

/** Nobody else may tell what became of downloads. */
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\]):\d{1,5}$/;
const COMPLETIONS = {
  file: [
    isTellablePath,
    'Give the absolute path of a file, without `$` and control characters.',
  ],
  listen: [
    (value: unknown): boolean =>
      typeof value === 'string' && LOOPBACK.test(value),
    "Give an address of this machine that no other reaches: '127.0.0.1:5140'.",
  ],
  timeout: CHECKED_ELSEWHERE,
} as const satisfies Record<string, OptionCheck>;

function checkCompletions(
  completions: ServerConfigOptions['completions'],
): CompletionsTarget | undefined {
  if (completions === undefined) return undefined;
  const option = 'serverConfig.completions';
  const example = "{ file: '/var/log/downloads.log' }";
  checkOptions(option, completions, COMPLETIONS, { example });
  const { file, listen }: CompletionsTarget = completions;
  if ((file === undefined) === (listen === undefined)) {
    throw new InvalidOptionsError(
      option,
      completions,
      `Give either file or listen: ${example}.`,
    );
  }
  return { file, listen };
}

/**
 * The file by which a server tells what became of downloads that sends no datagrams.
 *
 * @throws InvalidOptionsError for an address
 * @internal
 */
export function completionsFile({
  completions,
}: CheckedServerConfig): string | undefined {
  if (completions?.listen === undefined) return completions?.file;
  throw wrong(
    'completions.listen',
    completions.listen,
    "This server writes files only: give { file: '/var/log/downloads.log' }.",
  );
}

/**
 * The log of a server that keeps one: of all requests, or of those and what became of downloads.
 *
 * @throws InvalidOptionsError where both are wanted, in two places
 * @internal
 */
export function checkOneLog({
  completions,
  accessLog,
}: CheckedServerConfig): void {
  if (!completions || typeof accessLog !== 'string') return;
  if (completions.file === accessLog) return;
  throw wrong(
    'accessLog',
    accessLog,
    'This server keeps one log, which completions has: leave this out, or give both the same file.',
  );
}

/**
 * Checks what serverConfig() is given, so that nothing but a value gets into a configuration.
 *
 * @param ownHeaders names of headers that the backend brings back in any case
 * @throws InvalidOptionsError
 * @internal
 */
export function checkServerConfig(
  options: ServerConfigOptions,
  ownHeaders: readonly string[] = [],
): CheckedServerConfig {
  checkOptions('serverConfig', options, CHECKS, {
    example: "{ upstream: '127.0.0.1:3000' }",
    required: ['upstream'],
  });
  const { directory, include = false, requestHeaders = {} } = options;
  const { accessLog, timeout } = options;
  const headers = checkHeaderNames(
    'serverConfig.headers',
    options.headers ?? [],
  );
  return {
    directory,
    include,
    headers: uniqueNames([...ownHeaders, ...headers]),
    requestHeaders: checkRequestHeaders(requestHeaders),
    accessLog,
    timeout,
    completions: checkCompletions(options.completions),
  };
}

/**
 * The access log of a server that opens it before it leaves root behind.
 *
 * @internal
 */
export function accessLogOf({
  accessLog,
  directory,
  include,
}: CheckedServerConfig): string | false | undefined {
  const isPlaced = directory !== undefined && !include;
  return accessLog ?? (isPlaced ? `${directory}/access.log` : undefined);
}

/**
 * The same for servers that want host and port apart.
 *
 * @internal
 */
export interface ServerPlaces extends CheckedServerConfig {
  readonly upstream: ServerAddress & { readonly host: string };
  readonly listen: ServerAddress;
  /** Names of the site; none for any. */
  readonly names: readonly string[];
  /** User and group. */
  readonly user?: readonly [user: string, group: string];
}

const ADDRESS = /^(?:(?<host>[\w.-]+|\[[\da-fA-F:.]+\]):)?(?<port>\d{1,5})$/;
const NAME = /^(?:\*\.)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/;

/**
 * Checks what serverConfig() is given, and takes it apart.
 *
 * @throws InvalidOptionsError
 * @internal
 */
export function serverPlaces(options: ServerConfigOptions): ServerPlaces {
  const checked = checkServerConfig(options);
  const { upstream, listen = '80', serverName = '', user } = options;
  const { host, port } = addressOf('upstream', upstream);
  if (host === undefined) {
    throw wrong('upstream', upstream, 'Give host:port, as in 127.0.0.1:3000.');
  }
  const [owner, group = owner] = user?.trim().split(/ +/) ?? [];
  return {
    ...checked,
    upstream: { host, port },
    listen: addressOf('listen', String(listen)),
    names: namesOf(serverName),
    user: owner === undefined ? undefined : [owner, group ?? owner],
  };
}

function addressOf(
  option: 'upstream' | 'listen',
  value: string,
): ServerAddress {
  const { host, port } = ADDRESS.exec(value)?.groups ?? {};
  if (port !== undefined && Number(port) <= 65_535) return { host, port };
  throw wrong(
    option,
    value,
    'Give host:port or port, as in 127.0.0.1:8080, without a scheme.',
  );
}

const NGINX_UPSTREAM =
  /^(?:(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d{1,5})?|unix:\/[\w./~-]+)$/;

/**
 * nginx knows more: names of `upstream` blocks, and sockets.
 *
 * @throws InvalidOptionsError
 * @internal
 */
export function checkNginxUpstream(upstream: string): void {
  const isPort = /^\d+$/.test(upstream);
  if (NGINX_UPSTREAM.test(upstream) && !isPort) return;
  throw wrong(
    'upstream',
    upstream,
    'Give host:port, as in 127.0.0.1:3000, the name of an upstream block, or unix:/path, without a scheme.',
  );
}

/** `_` is what nginx calls any name. */
function namesOf(serverName: string): readonly string[] {
  const names = serverName.split(/ +/).filter((name) => !/^_?$/.test(name));
  for (const name of names) {
    if (!NAME.test(name)) {
      throw wrong(
        'serverName',
        serverName,
        'Give host names, separated by blanks: files.example *.files.example.',
      );
    }
  }
  return names;
}

function wrong(
  option: string,
  value: unknown,
  accepted: string,
): InvalidOptionsError {
  return new InvalidOptionsError(`serverConfig.${option}`, value, accepted);
}

/**
 * Puts the lines of a block one level further in.
 *
 * @internal
 */
export function indentWith(
  tab: string,
): (lines: readonly string[]) => string[] {
  return (lines) => lines.map((line) => (line === '' ? '' : tab + line));
}

/**
 * @internal
 */
export const indent = indentWith('  ');

/**
 * The directories that the server sends from, each of them once.
 *
 * @internal
 */
export function directoriesOf(rules: readonly PathRule[]): string[] {
  return [...new Set(rules.map(directoryOf))];
}
