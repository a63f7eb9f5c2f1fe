import { apache } from '../backends/apache.backend.js';
import { caddy } from '../backends/caddy.backend.js';
import { lighttpd } from '../backends/lighttpd.backend.js';
import { nginx } from '../backends/nginx.backend.js';
import { type NginxRemoteOptions } from '../backends/nginx-options.js';
import { type PathEncoding } from '../backends/rules.js';
import { InvalidOptionsError } from '../errors/download-errors.js';
import {
  type DownloadBackend,
  type ServerConfigOptions,
} from '../responses/download-backend.js';
import {
  type CommandLine,
  type OptionKind,
  readCommandLine,
} from './command-line.js';
import { locationRule, pathRule } from './rule-argument.js';
import { type ServerName } from './server-name.js';
import { wrongOption } from './wrong-option.js';
import { WrongUseError } from './wrong-use.error.js';

const OF_ALL = {
  rule: 'values',
  upstream: 'value',
  include: 'alone',
  listen: 'value',
  'server-name': 'value',
  user: 'value',
  directory: 'value',
  help: 'alone',
} as const;
const OPTIONS: Record<ServerName, Record<string, OptionKind>> = {
  nginx: {
    ...OF_ALL,
    charset: 'value',
    'remote-host': 'values',
    'remote-resolver': 'value',
    'remote-certificates': 'value',
  },
  apache: { ...OF_ALL, 'path-encoding': 'value' },
  lighttpd: OF_ALL,
  caddy: { ...OF_ALL, 'path-encoding': 'value' },
};
const BACKENDS: Record<ServerName, (given: Given) => DownloadBackend> = {
  nginx: (given) =>
    nginx({
      rules: given.rules.map(locationRule),
      charset: given.one('charset'),
      remote: remoteOf(given),
    }),
  apache: (given) =>
    apache({
      rules: given.rules.map(pathRule),
      pathEncoding: pathEncodingOf(given),
    }),
  lighttpd: (given) => lighttpd({ rules: given.rules.map(pathRule) }),
  caddy: (given) =>
    caddy({
      rules: given.rules.map(locationRule),
      pathEncoding: pathEncodingOf(given),
    }),
};

/** What was typed behind the server's name. */
interface Given {
  readonly rules: readonly string[];
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
  const rules = values.get('rule');
  if (rules === undefined) {
    throw new WrongUseError(
      '--rule',
      undefined,
      'Say which files the server can reach: see --help.',
    );
  }
  return {
    rules,
    one: (name) => values.get(name)?.[0],
    all: (name) => values.get(name) ?? [],
  };
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
  };
}

function remoteOf(given: Given): NginxRemoteOptions | undefined {
  const hosts = given.all('remote-host');
  const resolver = given.one('remote-resolver');
  const certificates = given.one('remote-certificates');
  if (hosts.length > 0) return { hosts, resolver, certificates };
  if (resolver === undefined && certificates === undefined) return undefined;
  throw new WrongUseError(
    '--remote-host',
    undefined,
    'Give at least one store: without it nginx asks none.',
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
