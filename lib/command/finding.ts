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
 * @internal
 */
export function found(
  trap: Trap,
  { place }: Pick<Directive, 'place'>,
): Finding {
  return { ...trap, place };
}
