import { InvalidOptionsError } from '../errors/download-errors.js';
import {
  checkSettings,
  type NginxRule,
  type NginxSettings,
  SETTING_NAMES,
} from './nginx-options.js';
import { checkLocationRules } from './check-rules.js';

/**
 * Where the printed configuration fetches files of other servers.
 *
 * @internal
 */
export const REMOTE_LOCATION = '/_remote/';

/**
 * The second location of a rule: `/_offload-tagged/` beside `/_offload/`. Files whose ETag the application
 * tells go out by it.
 *
 * @internal
 */
export function taggedLocation(destination: string): string {
  return destination.replace(/\/$/, '-tagged/');
}

/**
 * Checks the rules of nginx().
 *
 * @returns the rules, directories with a slash at their end
 * @throws InvalidOptionsError for a rule that is wrong, and for one whose location is that of another
 * @internal
 */
export function checkNginxRules(
  rules: readonly NginxRule[],
  hasRemote: boolean,
): NginxRule[] {
  const checked = checkLocationRules(rules, SETTING_NAMES);
  const taken = checked.map((rule) => taggedLocation(rule.destination));
  if (hasRemote) taken.push(REMOTE_LOCATION);
  return checked.map((rule, index) => {
    const { destination } = rule;
    const other = taken.find((location) => overlap(destination, location));
    if (other !== undefined) {
      throw new InvalidOptionsError(
        `rules[${index}].destination`,
        destination,
        `It overlaps with ${other}, which the printed configuration has for files ` +
          `${other === REMOTE_LOCATION ? 'of other servers' : 'with a tag of their own'}. Give it another name.`,
      );
    }
    const settings = settingsOf(rules[index]);
    checkSettings(`rules[${index}]`, settings);
    return { ...rule, ...settings };
  });
}

function settingsOf(rule: NginxRule): NginxSettings {
  return Object.fromEntries(
    Object.entries(rule).filter(
      ([name, value]) => SETTING_NAMES.includes(name) && value !== undefined,
    ),
  );
}

function overlap(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}
