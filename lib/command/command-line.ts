import { parseArgs } from 'node:util';

import { quote } from '../errors/download-errors.js';

/**
 * The command was typed wrongly.
 *
 * @internal
 */
export class WrongUseError extends Error {
  /**
   * @param option the option or argument, as the user typed it: `--listen`
   * @param given what was given; undefined where it is missing
   * @param accepted what is accepted, and what to do
   */
  constructor(option: string, given: string | undefined, accepted: string) {
    super(
      given === undefined
        ? `${option} is missing. ${accepted}`
        : `${option}: ${quote(given)} was given. ${accepted}`,
    );
  }
}

/**
 * How options of a command are given: alone, with a value, or with a value and as often as wanted.
 *
 * @internal
 */
export type OptionKind = 'alone' | 'value' | 'values';

/**
 * @internal
 */
export interface CommandLine {
  readonly positionals: readonly string[];
  /** The values of an option, in the order given; none for an option that stands alone. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/**
 * Takes a command line apart.
 *
 * @param known options by their names without dashes
 * @throws WrongUseError for an option that is unknown, has no value, has one though it takes none, or is given twice
 * @internal
 */
export function readCommandLine(
  parameters: readonly string[],
  known: Readonly<Record<string, OptionKind>>,
): CommandLine {
  const { tokens } = parseArgs({
    args: [...parameters],
    options: Object.fromEntries(
      Object.entries(known).map(([name, kind]) => [
        name,
        { type: kind === 'alone' ? 'boolean' : 'string' } as const,
      ]),
    ),
    strict: false,
    tokens: true,
  });
  const positionals: string[] = [];
  const values = new Map<string, readonly string[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const kind = Object.hasOwn(known, token.name)
      ? known[token.name]
      : undefined;
    if (kind === undefined) throw unknownOption(token.rawName, known);
    const before = values.get(token.name);
    if (before !== undefined && kind !== 'values') {
      throw new WrongUseError(token.rawName, before[0], 'Give it once.');
    }
    values.set(token.name, [...(before ?? []), ...valueOf(token, kind)]);
  }
  return { positionals, values };
}

interface OptionToken {
  readonly rawName: string;
  readonly value?: string;
  readonly inlineValue?: boolean;
}

function valueOf(
  { rawName, value, inlineValue }: OptionToken,
  kind: OptionKind,
): readonly string[] {
  if (kind === 'alone') {
    if (value === undefined) return [];
    throw new WrongUseError(rawName, value, 'It takes no value.');
  }
  // Without the equals sign the next option would be taken for the value of this one.
  const isValue = inlineValue || (value !== undefined && !/^-./.test(value));
  if (value !== undefined && value !== '' && isValue) return [value];
  throw new WrongUseError(
    rawName,
    value,
    `Give it a value: ${rawName} VALUE, or ${rawName}=VALUE for one that begins with a dash.`,
  );
}

function unknownOption(
  given: string,
  known: Readonly<Record<string, OptionKind>>,
): WrongUseError {
  const names = Object.keys(known).map((name) => `--${name}`);
  return new WrongUseError(
    'Unknown option',
    given,
    `Known here are ${names.join(', ')}.`,
  );
}
