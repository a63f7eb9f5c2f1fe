import { checkConfig } from './check-config.js';
import { WrongUseError } from './command-line.js';
import { printConfig, serverName } from './print-config.js';

/**
 * @internal
 */
export const HELP = `\
Usage: nestjs-downloadview COMMAND ...

Commands:
  config SERVER        print the configuration of a web server that sends the files
  check-config SERVER  look for known traps in a configuration that was written by hand

SERVER is nginx, apache, lighttpd or caddy.

Options:
  --help     this text; behind a command, that of the command
  --version  the version of nestjs-downloadview

Exit status: 0 if all is well, 1 if check-config has found a problem, 2 for wrong use.
`;

/**
 * @internal
 */
export const CONFIG_HELP = `\
Usage: nestjs-downloadview config SERVER --rule RULE --upstream HOST:PORT [OPTION ...]

Prints what serverConfig() of the backend prints: a configuration of nginx, apache, lighttpd or caddy.
Give the same rules that the application has.

Rules for nginx and caddy, which are told internal locations:
  --rule /srv/media/=/_offload/               files of a directory, and the location for them
  --rule /srv/media/=/_offload/=/mnt/media/   the same, where the server sees another directory
  --rule url:/media/=/_media/=/mnt/media/     files whose URL begins with /media/ (sourceUrl)
Rules for apache and lighttpd, which are told paths:
  --rule /srv/media/                          files of a directory
  --rule /srv/media/=/mnt/media/              the same, where the server sees another directory
  --rule url:/media/=/mnt/media/              files whose URL begins with /media/ (sourceUrl)
A path with an equals sign in it cannot be given here: call serverConfig() for it.

Options:
  --rule RULE             one of the above; may be repeated
  --upstream HOST:PORT    where the application listens
  --include               only what goes into a configuration that is there already; the next four
                          are then that configuration's
  --listen [HOST:]PORT    where the server listens; 80 by default
  --server-name NAMES     names of the site, in one argument; any by default
  --user USER             the user of the workers, where root starts the server
  --directory DIRECTORY   for process id, log and temporary files; the server's own by default
  --header NAME           a header of the application that nginx is to bring back; may be repeated
  --request-header NAME=VALUE
                          a header for the application, the value as the server writes it, such as
                          X-Real-IP=$remote_addr for nginx; may be repeated
  --access-log FILE|off   the access log; the server's own by default
  --timeout SECONDS       how long the server waits for the application

Only for apache and caddy:
  --path-encoding raw|percent         pathEncoding of the backend; the configuration is the same for both

Only for nginx:
  --charset CHARSET                   charset of the backend, such as utf-8
  --remote-host HOST[:PORT]           a store that nginx may fetch files from; may be repeated
  --remote-resolver ADDRESS           the name server for stores
  --remote-certificates FILE          certificates of the authorities that vouch for https stores
  --remote-cache DIRECTORY            where nginx keeps what it has fetched from stores; with --include, the part
                                      of it for the http block is printed as a comment
  --remote-cache-size SIZE            how large that may become, such as 10g
  --remote-cache-slice SIZE           how much of a file is fetched at once; 1m by default
  --remote-cache-inactive SECONDS     after which is removed what nobody asked for; a week by default
With a store, there need not be any rule.

Example:
  npx nestjs-downloadview config nginx --rule /srv/media/=/_offload/ --upstream 127.0.0.1:3000
`;

/**
 * @internal
 */
export const CHECK_HELP = `\
Usage: nestjs-downloadview check-config SERVER FILE

Looks for known traps in a configuration of nginx, apache, lighttpd or caddy, complete or a part of one.
FILE is its name, or - for the standard input. For each trap it prints file, line, what happens, and what
to write instead. A problem loses files, headers or secrets; a hint says what may be better.

Files that a configuration of nginx includes by a relative name are looked at, too, where they are
there: relative to FILE, as nginx takes them relative to its main configuration. Other servers' includes
are not.

Nothing found does not mean that nothing is wrong: only what is known to go wrong is looked for.

Exit status: 0 without problems (hints may have been printed), 1 with problems, 2 for wrong use.

Example:
  npx nestjs-downloadview check-config nginx /etc/nginx/nginx.conf
`;

/**
 * What comes from outside the command line.
 *
 * @internal
 */
export interface Surroundings {
  /** The version of this package. */
  readonly version: string;
  readonly standardInput: () => Promise<string>;
}

/**
 * @internal
 */
export interface CommandEnd {
  /** 0: all is well; 1: problems were found; 2: wrong use. */
  readonly status: 0 | 1 | 2;
  readonly output: string;
  readonly errors: string;
}

/**
 * Runs the command of the package.
 *
 * @param parameters what follows its name
 * @internal
 */
export async function runCommand(
  parameters: readonly string[],
  surroundings: Surroundings,
): Promise<CommandEnd> {
  try {
    return await run(parameters, surroundings);
  } catch (error) {
    if (!(error instanceof WrongUseError)) throw error;
    const errors = `nestjs-downloadview: ${error.message}\n`;
    return { status: 2, output: '', errors };
  }
}

async function run(
  parameters: readonly string[],
  { version, standardInput }: Surroundings,
): Promise<CommandEnd> {
  const [command, ...rest] = parameters;
  const asksForHelp = rest.includes('--help');
  switch (command) {
    case '--help':
      return well(HELP);
    case '--version':
      return well(`${version}\n`);
    case 'config': {
      if (asksForHelp) return well(CONFIG_HELP);
      const [server, ...options] = rest;
      return well(printConfig(serverName(server), options));
    }
    case 'check-config': {
      if (asksForHelp) return well(CHECK_HELP);
      const { output, hasProblem } = await checkConfig(rest, standardInput);
      return { status: hasProblem ? 1 : 0, output, errors: '' };
    }
    default:
      throw new WrongUseError(
        'The command',
        command,
        'Give config or check-config; --help tells more.',
      );
  }
}

function well(output: string): CommandEnd {
  return { status: 0, output, errors: '' };
}
