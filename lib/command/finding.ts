import { quote } from '../errors/download-errors.js';
import { type Directive, type Place } from './syntax/directive.js';

/**
 * A known mistake in a configuration.
 *
 * @internal
 */
export interface Finding {
  /** Its name: `alias-slash`. */
  readonly rule: string;
  /** A hint says what may be better; a problem is one. */
  readonly level: 'problem' | 'hint';
  readonly place: Place;
  /** What happens. */
  readonly happens: string;
  /** What to write instead. */
  readonly instead: string;
}

/**
 * What a lint rule says, wherever it is found.
 *
 * @internal
 */
export type LintRule = Omit<Finding, 'place'>;

/**
 * @internal
 */
export function problem(
  rule: string,
  happens: string,
  instead: string,
): LintRule {
  return { rule, level: 'problem', happens, instead };
}

/**
 * @internal
 */
export function hint(rule: string, happens: string, instead: string): LintRule {
  return { rule, level: 'hint', happens, instead };
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
): LintRule {
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
  rule: LintRule,
  { place }: Pick<Directive, 'place'>,
): Finding {
  return { ...rule, place };
}
