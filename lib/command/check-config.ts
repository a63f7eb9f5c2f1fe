import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';

import { quote } from '../errors/quote.js';
import { errorCode } from '../storages/local-disk.js';
import { WrongUseError, readCommandLine } from './command-line.js';
import { type Finding, found, problem } from './finding.js';
import { type ServerName, serverName } from './print-config.js';
import { parseApache } from './syntax/apache-syntax.js';
import { parseCaddy } from './syntax/caddy-syntax.js';
import { UnreadableConfigurationError } from './syntax/directive.js';
import { parseLighttpd } from './syntax/lighttpd-syntax.js';
import {
  type Included,
  type IncludedFile,
  parseNginx,
} from './syntax/nginx-syntax.js';
import { apacheTraps } from './traps/apache-traps.js';
import { caddyTraps } from './traps/caddy-traps.js';
import { lighttpdTraps } from './traps/lighttpd-traps.js';
import { nginxTraps } from './traps/nginx-traps.js';

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

/** More than anybody has; files that include each other would double without an end. */
const MOST_INCLUDED = 1000;

/** What comes with nginx, and is beside no copy of a configuration. */
const SHIPPED =
  /^(?:mime\.types|(?:fastcgi|scgi|uwsgi|proxy)_params|fastcgi\.conf|koi-utf|koi-win|win-utf)$/;

/**
 * The files that a configuration of nginx includes by a relative name. Of those with an absolute one it is only
 * looked whether they are there, where the configuration itself is said to be there.
 *
 * @param main the configuration that nginx is started with
 * @internal
 */
export function includedBy(main: string): Included {
  let count = 0;
  return (pattern) => {
    const isPattern = /[*?[]/.test(pattern);
    const isOptional = isPattern || SHIPPED.test(basename(pattern));
    if (isAbsolute(pattern)) {
      return isOptional || isRegular(pattern) ? [] : undefined;
    }
    count += 1;
    if (count > MOST_INCLUDED) {
      throw new UnreadableConfigurationError(
        { file: main, line: 1 },
        `It includes more than ${MOST_INCLUDED} files: some of them include each other.`,
      );
    }
    const files = filesOf(join(dirname(main), pattern)).filter(
      (file) => file !== normalize(main),
    );
    const found = files.flatMap(readIncluded);
    return isOptional || found.length === files.length ? found : undefined;
  };
}

function isRegular(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}

/** Only the last part of a path may be a pattern. */
function filesOf(path: string): string[] {
  const name = basename(path);
  if (!/[*?]/.test(name)) return [path];
  const expression = name
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const matching = new RegExp(`^(?!\\.)${expression}$`, 's');
  try {
    return readdirSync(dirname(path))
      .filter((entry) => matching.test(entry))
      .sort()
      .map((entry) => join(dirname(path), entry));
  } catch {
    return [];
  }
}

function readIncluded(file: string): IncludedFile[] {
  try {
    if (!statSync(file).isFile()) return [];
    return [{ file, text: readFileSync(file, 'utf8') }];
  } catch {
    return [];
  }
}

type Check = (text: string, file: string, included?: Included) => Finding[];

const CHECKS: Record<ServerName, Check> = {
  nginx: (text, file, included) => nginxTraps(parseNginx(text, file, included)),
  apache: (text, file) => apacheTraps(parseApache(text, file)),
  lighttpd: (text, file) => lighttpdTraps(parseLighttpd(text, file)),
  caddy: (text, file) => caddyTraps(parseCaddy(text, file)),
};

/**
 * The known traps in a configuration, in the order of the text; in one that cannot be read, what keeps it
 * from being read.
 *
 * @param file its name, for places
 * @param included files that a configuration of nginx includes
 * @internal
 */
export function findTraps(
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
    const trap = problem(
      'unreadable',
      message,
      'Correct it first: nothing else was looked at.',
    );
    return [found(trap, { place })];
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
      ? findTraps(server, await standardInput(), 'stdin', includedBy('stdin'))
      : findTraps(server, readConfiguration(file), file, includedBy(file));
  return {
    output: [...findings.map(told), summary(findings)].join('\n') + '\n',
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
  const unique = new Map(findings.map((finding) => [told(finding), finding]));
  return [...unique.values()].sort(
    (one, other) =>
      fileOf(one).localeCompare(fileOf(other)) ||
      one.place.line - other.place.line,
  );
}

function told({ trap, level, place, happens, instead }: Finding): string {
  return `${printable(place.file)}:${place.line}: ${level}: ${happens} [${trap}]\n  Instead: ${instead}`;
}

function printable(file: string): string {
  const quoted = quote(file);
  return quoted === `'${file}'` ? file : quoted;
}

function summary(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'None of the known traps.';
  const problems = findings.filter(({ level }) => level === 'problem').length;
  const hints = findings.length - problems;
  return `${counted(problems, 'problem')}, ${counted(hints, 'hint')}.`;
}

function counted(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
