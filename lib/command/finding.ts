import { quote } from '../errors/quote.js';
import { type Directive, type Place } from './syntax/directive.js';

/**
 * A known trap in a configuration.
 *
 * @internal
 */
export interface Finding {
  /** Its name: `alias-slash`. */
  readonly trap: string;
  /** A hint says what may be better; a problem is one. */
  readonly level: 'problem' | 'hint';
  readonly place: Place;
  /** What happens. */
  readonly happens: string;
  /** What to write instead. */
  readonly instead: string;
}

/**
 * What a trap says, wherever it is found.
 *
 * @internal
 */
export type Trap = Omit<Finding, 'place'>;

/**
 * @internal
 */
export function problem(trap: string, happens: string, instead: string): Trap {
  return { trap, level: 'problem', happens, instead };
}

/**
 * @internal
 */
export function hint(trap: string, happens: string, instead: string): Trap {
  return { trap, level: 'hint', happens, instead };
}

/**
 * An include that has stayed where it was, since its file is missing.
 *
 * @param instead what the server takes for a relative name, and for files that may be missing
 * @internal
 */
export function missingInclude(
  server: string,
  name: string,
  instead: string,
): Trap {
  return problem(
    'include-missing',
    `${quote(name)} is not there, or no file that can be read: ${server} does not start, and what would stand in it was not looked at.`,
    `Name a file that is there: ${instead}`,
  );
}

/**
 * @internal
 */
export function found(
  trap: Trap,
  { place }: Pick<Directive, 'place'>,
): Finding {
  return { ...trap, place };
}
