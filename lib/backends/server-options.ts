import { isAbsolute } from 'node:path';

import { InvalidOptionsError } from '../errors/download-errors.js';
import { type ServerConfigOptions } from '../responses/download-backend.js';
import { UNTELLABLE } from './rule-values.js';

type Check = readonly [(value: unknown) => boolean, accepted: string];

const PLAIN: Check = [
  (value) => typeof value === 'string' && /^[\w.:[\]*~ /-]+$/.test(value),
  'Give it as it stands in a configuration, such as 127.0.0.1:3000.',
];
const CHECKS: Record<keyof ServerConfigOptions, Check> = {
  upstream: PLAIN,
  listen: PLAIN,
  serverName: PLAIN,
  user: PLAIN,
  directory: [
    (value) =>
      typeof value === 'string' && isAbsolute(value) && !UNTELLABLE.test(value),
    'Give the absolute path of a directory, without `$` and control characters.',
  ],
  include: [(value) => typeof value === 'boolean', 'Give true or false.'],
};

/**
 * Checks what serverConfig() is given, so that nothing but a value gets into a configuration.
 *
 * @throws InvalidOptionsError
 * @internal
 */
export function checkServerOptions(options: ServerConfigOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionsError(
      'serverConfig',
      options,
      "Give { upstream: '127.0.0.1:3000' }.",
    );
  }
  const checks: Partial<Record<string, Check>> = CHECKS;
  const values: Partial<Record<string, unknown>> = { ...options };
  for (const name of new Set(['upstream', ...Object.keys(values)])) {
    const value = values[name];
    if (value === undefined && name !== 'upstream') continue;
    const [holds, accepted] = checks[name] ?? [
      () => false,
      `Known are ${Object.keys(CHECKS).join(', ')}.`,
    ];
    if (!holds(value)) {
      throw new InvalidOptionsError(`serverConfig.${name}`, value, accepted);
    }
  }
}
