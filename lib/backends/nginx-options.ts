import { InvalidOptionsError } from '../errors/invalid-options.error.js';
import { type LocationRule } from './rules.js';

/**
 * Options of nginx().
 *
 * @publicApi
 */
export interface NginxOptions {
  /** Which files nginx can reach, and in which internal location. */
  readonly rules: readonly LocationRule[];
  /** X-Accel-Expires: seconds, or a date, that nginx may cache the answer; false: not at all. */
  readonly expires?: number | Date | false;
  /** X-Accel-Buffering: whether nginx buffers the answer. */
  readonly buffering?: boolean;
  /** X-Accel-Limit-Rate: bytes per second for each client; false: no limit. */
  readonly limitRate?: number | false;
  /** X-Accel-Charset: the charset of texts; one that nginx knows, such as `utf-8`. */
  readonly charset?: string;
}

type Check = readonly [(value: unknown) => boolean, accepted: string];

const isCount = (value: unknown): boolean =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const CHECKS: Record<Exclude<keyof NginxOptions, 'rules'>, Check> = {
  expires: [
    (value) =>
      value === false ||
      isCount(value) ||
      (value instanceof Date && !Number.isNaN(value.getTime())),
    'Give whole seconds, a date, or false.',
  ],
  buffering: [(value) => typeof value === 'boolean', 'Give true or false.'],
  limitRate: [
    (value) => value === false || isCount(value),
    'Give whole bytes per second, or false for no limit; nginx ignores units such as 1k.',
  ],
  charset: [
    (value) => typeof value === 'string' && /^[A-Za-z0-9._-]+$/.test(value),
    'Give the name of a charset, such as utf-8.',
  ],
};

/**
 * @throws InvalidOptionsError for an option that is unknown or that nginx would not obey
 * @internal
 */
export function checkNginxOptions(options: NginxOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionsError('nginx', options, 'Give { rules: [...] }.');
  }
  const checks: Partial<Record<string, Check>> = CHECKS;
  for (const [name, value] of Object.entries(options)) {
    if (name === 'rules' || value === undefined) continue;
    const check = checks[name];
    if (!check) {
      throw new InvalidOptionsError(
        `nginx.${name}`,
        value,
        `Known are rules, ${Object.keys(CHECKS).join(', ')}.`,
      );
    }
    const [holds, accepted] = check;
    if (!holds(value)) {
      throw new InvalidOptionsError(`nginx.${name}`, value, accepted);
    }
  }
}
