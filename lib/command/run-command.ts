import { checkConfig } from './check-config.js';
import { CHECK_HELP, CONFIG_HELP, HELP } from './help.js';
import { printConfig } from './print-config.js';
import { serverName } from './server-name.js';
import { WrongUseError } from './wrong-use.error.js';

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
