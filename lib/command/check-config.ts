import { readFileSync, statSync } from 'node:fs';

import { quote } from '../errors/download-errors.js';
import { errorCode } from '../storages/local-disk.js';
import { WrongUseError, readCommandLine } from './command-line.js';
import { type Finding, found, problem } from './finding.js';
import { includedBy } from './includes.js';
import { type ServerName, serverName } from './print-config.js';
import { parseApache } from './syntax/apache-syntax.js';
import { parseCaddy } from './syntax/caddy-syntax.js';
import {
  type Included,
  UnreadableConfigurationError,
} from './syntax/directive.js';
import { parseLighttpd } from './syntax/lighttpd-syntax.js';
import { parseNginx } from './syntax/nginx-syntax.js';
import { apacheFindings } from './lint/apache-lint.js';
import { caddyFindings } from './lint/caddy-lint.js';
import { lighttpdFindings } from './lint/lighttpd-lint.js';
import { nginxFindings } from './lint/nginx-lint.js';

/**
 * @throws WrongUseError for a file that cannot be read
 * @internal
 */
export function readConfiguration(file: string): string {
  try {
    if (!statSync(file).isFile()) throw notRegular(file);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof WrongUseError) throw error;
    throw new WrongUseError(
      'FILE',
      file,
      // Not the message, which has the name once more.
      `It cannot be read (${errorCode(error) ?? String(error)}). Give the name of a configuration, or - for the standard input.`,
    );
  }
}

/** To read a FIFO would wait for somebody who writes to it. */
function notRegular(file: string): WrongUseError {
  return new WrongUseError(
    'FILE',
    file,
    'It cannot be read: it is no regular file. Give the name of a configuration, or - for the standard input.',
  );
}

type Check = (text: string, file: string, included?: Included) => Finding[];

const CHECKS: Record<ServerName, Check> = {
  nginx: (text, file, included) =>
    nginxFindings(parseNginx(text, file, included)),
  apache: (text, file, included) =>
    apacheFindings(parseApache(text, file, included)),
  lighttpd: (text, file, included) =>
    lighttpdFindings(parseLighttpd(text, file, included)),
  caddy: (text, file, included) =>
    caddyFindings(parseCaddy(text, file, included)),
};

/**
 * The known mistakes in a configuration, in the order of the text; in one that cannot be read, what keeps it
 * from being read.
 *
 * @param file its name, for places
 * @param included files that it includes
 * @internal
 */
export function lintConfig(
  server: ServerName,
  text: string,
  file: string,
  included?: Included,
): readonly Finding[] {
  try {
    const findings = CHECKS[server](
      text.replace(/^\uFEFF/, ''),
      file,
      included,
    );
    return inOrder(findings, file);
  } catch (error) {
    const { message, place } = unreadable(error, file);
    const rule = problem(
      'unreadable',
      message,
      'Correct it first: nothing else was looked at.',
    );
    return [found(rule, { place })];
  }
}

/** The parsers call themselves for each block, until there is no room left. */
function unreadable(
  error: unknown,
  file: string,
): UnreadableConfigurationError {
  if (error instanceof UnreadableConfigurationError) return error;
  if (!(error instanceof RangeError)) throw error;
  return new UnreadableConfigurationError(
    { file, line: 1 },
    'Its blocks stand in each other deeper than any server reads them.',
  );
}

/**
 * What check-config prints, and whether there is a problem.
 *
 * @param parameters what follows the command
 * @throws WrongUseError
 * @internal
 */
export async function checkConfig(
  parameters: readonly string[],
  standardInput: () => Promise<string>,
): Promise<{ readonly output: string; readonly hasProblem: boolean }> {
  const { positionals } = readCommandLine(parameters, { help: 'alone' });
  const [name, file, unexpected] = positionals;
  const server = serverName(name);
  if (file === undefined) {
    throw new WrongUseError(
      'FILE',
      undefined,
      'Give the name of a configuration, or - for the standard input.',
    );
  }
  if (unexpected !== undefined) {
    throw new WrongUseError(
      'Unexpected argument',
      unexpected,
      'Give one FILE.',
    );
  }
  const findings =
    file === '-'
      ? lintConfig(server, await standardInput(), 'stdin', includedBy('stdin'))
      : lintConfig(server, readConfiguration(file), file, includedBy(file));
  return {
    output: [...findings.map(findingLine), summary(findings)].join('\n') + '\n',
    hasProblem: findings.some(({ level }) => level === 'problem'),
  };
}

/** The main file first; a file that is included twice is told of once. */
function inOrder(
  findings: readonly Finding[],
  main: string,
): readonly Finding[] {
  const fileOf = ({ place }: Finding): string =>
    place.file === main ? '' : place.file;
  const unique = new Map(
    findings.map((finding) => [findingLine(finding), finding]),
  );
  return [...unique.values()].sort(
    (one, other) =>
      fileOf(one).localeCompare(fileOf(other)) ||
      one.place.line - other.place.line,
  );
}

function findingLine({
  rule,
  level,
  place,
  happens,
  instead,
}: Finding): string {
  return `${printable(place.file)}:${place.line}: ${level}: ${happens} [${rule}]\n  Instead: ${instead}`;
}

function printable(file: string): string {
  const quoted = quote(file);
  return quoted === `'${file}'` ? file : quoted;
}

function summary(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'None of the known traps.';
  const problems = findings.filter(({ level }) => level === 'problem').length;
  const hints = findings.length - problems;
  return `${plural(problems, 'problem')}, ${plural(hints, 'hint')}.`;
}

function plural(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
