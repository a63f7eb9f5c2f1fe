import { InvalidOptionsError, kindOf } from './download-errors.js';

/**
 * What one option may be: a test, and what to say where it does not hold.
 *
 * @internal
 */
export type OptionCheck = readonly [
  holds: (value: unknown) => boolean,
  accepted: string,
];

/**
 * A check for each option that there is; any other name is refused.
 *
 * @internal
 */
export type OptionChecks<Options extends object> = Readonly<
  Record<keyof Options & string, OptionCheck>
>;

/**
 * How a table of options is checked.
 *
 * @internal
 */
export interface OptionTable {
  /** What to give in place of something that is no object of options: `{ rules: [...] }`. */
  readonly example: string;
  /** Options that have to be there; none by default. */
  readonly required?: readonly string[];
  /** What a message shows of a value: `kindOf` where it may be a secret; the value by default. */
  readonly shown?: (value: unknown) => unknown;
}

/**
 * Checks an object of options: that it is one, that all of its names are known, that each value holds, and
 * that what is required is there. An option that is undefined counts as not given.
 *
 * @param owner whose options they are, as the user typed it: `nginx.remote`
 * @throws InvalidOptionsError for the first option that is unknown, wrong or missing
 * @internal
 */
export function checkOptions(
  owner: string,
  options: unknown,
  checks: Readonly<Record<string, OptionCheck>>,
  { example, required = [], shown = itself }: OptionTable,
): asserts options is object {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionsError(owner, shown(options), `Give ${example}.`);
  }
  const given = new Map<string, unknown>(Object.entries(options));
  for (const name of new Set([...required, ...given.keys()])) {
    const value = given.get(name);
    const [holds, accepted] = checkFor(name, checks);
    const isLeftOut = value === undefined && Object.hasOwn(checks, name);
    if (isLeftOut ? required.includes(name) : !holds(value)) {
      throw new InvalidOptionsError(`${owner}.${name}`, shown(value), accepted);
    }
  }
}

/**
 * The names of all options that there are.
 *
 * @param names each of them; the compiler misses one that is left out
 * @internal
 */
export function namesOf<Options extends object>(
  names: Readonly<Record<keyof Options & string, true>>,
): ReadonlySet<string> {
  return new Set(Object.keys(names));
}

/**
 * Checks that there is an object of options, and that all of its names are known: of what is made for each
 * request that is all which can be looked at.
 *
 * @param owner whose options they are, as the user typed it: `LocalFile`
 * @param example what to give in place of something that is no object of options
 * @throws InvalidOptionsError for the first option that is unknown
 * @internal
 */
export function checkNames(
  owner: string,
  options: unknown,
  known: ReadonlySet<string>,
  example: string,
): asserts options is object {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionsError(owner, options, `Give ${example}.`);
  }
  for (const name in options) {
    if (!known.has(name) && Object.hasOwn(options, name)) {
      throw new InvalidOptionsError(
        `${owner}.${name}`,
        kindOf(Reflect.get(options, name)),
        `Known are ${[...known].join(', ')}.`,
      );
    }
  }
}

function checkFor(
  name: string,
  checks: Readonly<Record<string, OptionCheck>>,
): OptionCheck {
  const known = Object.hasOwn(checks, name) ? checks[name] : undefined;
  return known ?? [() => false, `Known are ${Object.keys(checks).join(', ')}.`];
}

function itself(value: unknown): unknown {
  return value;
}

/**
 * An option that is looked at somewhere else, once its name is known.
 *
 * @internal
 */
export const CHECKED_ELSEWHERE: OptionCheck = [(): boolean => true, ''];

/**
 * @internal
 */
export const TRUE_OR_FALSE: OptionCheck = [
  (value: unknown): boolean => typeof value === 'boolean',
  'Give true or false.',
];

/**
 * A whole number.
 *
 * @param least the smallest one
 * @param accepted what to give, with its unit: `Give whole seconds, 1 or more.`
 * @internal
 */
export function wholeNumber(least: number, accepted: string): OptionCheck {
  return [(value) => isWholeNumber(value, least), accepted];
}

/**
 * @internal
 */
export function isWholeNumber(value: unknown, least: number): value is number {
  return (
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least
  );
}

/**
 * One of some texts.
 *
 * @internal
 */
export function oneOf(
  values: readonly string[],
  accepted: string,
): OptionCheck {
  return [(value) => values.some((known) => known === value), accepted];
}
