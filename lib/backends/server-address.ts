import { InvalidOptionsError } from '../errors/download-errors.js';
import { type ServerConfigOptions } from '../responses/download-backend.js';
import { checkServerOptions } from './server-options.js';

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
