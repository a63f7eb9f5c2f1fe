import { type InvalidOptionsError } from '../errors/download-errors.js';
import { WrongUseError } from './wrong-use.error.js';

/** What backends call an option, and what the command calls it. */
const NAMES: readonly (readonly [pattern: RegExp, option: string])[] = [
  [/^rules\[(\d+)\]/, 'rule'],
  [/^serverConfig\.upstream$/, 'upstream'],
  [/^serverConfig\.listen$/, 'listen'],
  [/^serverConfig\.serverName$/, 'server-name'],
  [/^serverConfig\.user$/, 'user'],
  [/^serverConfig\.directory$/, 'directory'],
  [/^nginx\.charset$/, 'charset'],
  [/^nginx\.remote\.hosts\[(\d+)\]$/, 'remote-host'],
  [/^nginx\.remote\.resolver$/, 'remote-resolver'],
  [/^nginx\.remote\.certificates$/, 'remote-certificates'],
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
