import { isAbsolute } from 'node:path';

import {
  checkOptions,
  type OptionCheck,
  type OptionChecks,
  TRUE_OR_FALSE,
} from '../errors/check-options.js';
import { InvalidOptionsError } from '../errors/download-errors.js';
import { hostIn, isOnHostOf } from '../files/http-file-url.js';
import { type ServerConfigOptions } from '../responses/download-backend.js';
import { UNTELLABLE, directoryOf, type PathRule } from './rules.js';

const PLAIN: OptionCheck = [
  (value) => typeof value === 'string' && /^[\w.:[\]*~ /-]+$/.test(value),
  'Give it as it stands in a configuration, such as 127.0.0.1:3000.',
];
const CHECKS: OptionChecks<ServerConfigOptions> = {
  upstream: PLAIN,
  listen: PLAIN,
  serverName: PLAIN,
  user: PLAIN,
  directory: [
    (value) =>
      typeof value === 'string' && isAbsolute(value) && !UNTELLABLE.test(value),
    'Give the absolute path of a directory, without `$` and control characters.',
  ],
  include: TRUE_OR_FALSE,
};

/**
 * Checks what serverConfig() is given, so that nothing but a value gets into a configuration.
 *
 * @throws InvalidOptionsError
 * @internal
 */
export function checkServerOptions(options: ServerConfigOptions): void {
  checkOptions('serverConfig', options, CHECKS, {
    example: "{ upstream: '127.0.0.1:3000' }",
    required: ['upstream'],
  });
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
 * ServerConfigOptions for servers that want host and port apart.
 *
 * @internal
 */
export interface ServerPlaces {
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
  checkServerOptions(options);
  const { upstream, listen = '80', serverName = '', user } = options;
  const { host, port } = addressOf('upstream', upstream);
  if (host === undefined) {
    throw wrong('upstream', upstream, 'Give host:port, as in 127.0.0.1:3000.');
  }
  const [owner, group = owner] = user?.trim().split(/ +/) ?? [];
  return {
    upstream: { host, port },
    listen: addressOf('listen', listen),
    names: namesOf(serverName),
    user: owner === undefined ? undefined : [owner, group ?? owner],
  };
}

function addressOf(
  option: 'upstream' | 'listen',
  value: string,
): ServerAddress {
  const { host, port } = ADDRESS.exec(value)?.groups ?? {};
  if (port !== undefined) return { host, port };
  throw wrong(option, value, 'Give host:port or port, as in 127.0.0.1:8080.');
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
 * By these headers servers are told what to send, or how to tell it. No client's request may bring one.
 *
 * @internal
 */
export const SPOOFABLE = [
  'X-Accel-Redirect',
  'X-Accel-Mapping',
  'X-Sendfile',
  'X-Sendfile-Type',
] as const;

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

const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const ACCEPTED =
  "Name the stores by host or host:port: ['bucket.s3.example', 'minio.internal:9000'].";

/**
 * Checks a list of stores.
 *
 * @throws InvalidOptionsError for an empty list, and for what is no host or host:port
 * @internal
 */
export function checkHosts(option: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new InvalidOptionsError(option, value, ACCEPTED);
  }
  return value.map((host: unknown, index) => {
    const isHost = typeof host === 'string' && HOST.test(host);
    if (isHost && hostIn(host, 'https:') !== undefined) return host;
    throw new InvalidOptionsError(`${option}[${index}]`, host, ACCEPTED);
  });
}

/**
 * An address, where it is plain to everybody what it means: http or https, without credentials and fragment,
 * and written as URL writes it. Parsers disagree about the rest: one would see another host, or another
 * path than was signed.
 *
 * @internal
 */
export function plainAddress(address: string): URL | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url &&
    url.href === address &&
    /^https?:$/.test(url.protocol) &&
    `${url.username}${url.password}` === '' &&
    !address.includes('#')
    ? url
    : undefined;
}

/**
 * The same, where it leads to one of these hosts.
 *
 * @internal
 */
export function addressOn(
  hosts: readonly string[],
  address: string,
): URL | undefined {
  const url = plainAddress(address);
  return url && isOnHostOf(hosts, url) ? url : undefined;
}
