import { type InjectionToken, type ModuleMetadata } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { InvalidOptionsError } from '../../errors/download-errors.js';
import { kindOf } from '../../errors/quote.js';
import { isText } from '../../signing/sign-options.js';
import { checkSeconds } from '../../signing/signing-options.js';

/**
 * Options of LimitedLinksModule.forRoot().
 *
 * @publicApi
 */
export interface LimitedLinksModuleOptions {
  /** Injection token of the DataSource with the entities; TypeORM's own class by default. */
  readonly dataSource?: InjectionToken;
  /** Modules that it takes its DataSource and DownloadModule from, where those are not global. */
  readonly imports?: ModuleMetadata['imports'];
  /** Seconds that one use may go on for, interruptions included; 86,400 by default. */
  readonly grantLifetime?: number;
  /**
   * Seconds after which a link that another process revoked has its downloads ended here, 0.1 to 20;
   * 5 by default.
   */
  readonly checkInterval?: number;
}

/**
 * What a limited link is made for.
 *
 * @publicApi
 */
export interface LimitedLinkOptions {
  /** The public path of the controller, global prefix included: `/api/shared/:link`. */
  readonly path: string;
  /** What the link is for, in the application's own words: 1 to 255 characters. */
  readonly subject: string;
  /** How many clients may use it; 1 by default, null for any number until it is revoked. */
  readonly maxUses?: number | null;
  /** Seconds from now that it works; for good by default. */
  readonly expiresIn?: number;
  /** What the client calls the file, 1 to 255 characters; what the route says by default. */
  readonly basename?: string;
}

/**
 * The module's options after their check. Times in milliseconds.
 *
 * @internal
 */
export interface LimitedLinkTimes {
  readonly grantLifetime: number;
  readonly checkInterval: number;
}

type Check = readonly [holds: (value: unknown) => boolean, accepted: string];

const TEXT: Check = [
  // PostgreSQL has no NUL in a text.
  (value) => isText(value) && value.length <= 255 && !value.includes('\0'),
  'Give a text of 1 to 255 characters, none of them NUL.',
];

const CHECKS: Readonly<Record<keyof LimitedLinkOptions, Check>> = {
  path: [
    (value) =>
      typeof value === 'string' &&
      value
        .replace(/\?.*/s, '')
        .split('/')
        .filter((segment) => segment === ':link').length === 1,
    "Give the public path of the controller, global prefix included: '/shared/:link'.",
  ],
  subject: TEXT,
  maxUses: [
    (value) =>
      value === null ||
      (Number.isSafeInteger(value) &&
        Number(value) >= 1 &&
        Number(value) <= 2_147_483_647),
    'Give a whole number, 1 or more, or null for any number.',
  ],
  expiresIn: [() => true, ''],
  basename: TEXT,
};

/**
 * @throws InvalidOptionsError for an option that is unknown, missing or wrong
 * @internal
 */
export function checkLimitedLinkOptions(options: LimitedLinkOptions): void {
  const checks = new Map<string, Check>(Object.entries(CHECKS));
  for (const [name, value] of Object.entries(options)) {
    const [holds, accepted] = checks.get(name) ?? UNKNOWN;
    if (value !== undefined && !holds(value))
      throw wrong(name, value, accepted);
  }
  for (const name of ['path', 'subject'] as const) {
    const [, accepted] = CHECKS[name];
    if (options[name] === undefined) throw wrong(name, undefined, accepted);
  }
  if (options.expiresIn !== undefined) {
    checkSeconds('create().expiresIn', options.expiresIn);
  }
}

const UNKNOWN: Check = [
  () => false,
  `Known are ${Object.keys(CHECKS).join(', ')}.`,
];

function wrong(
  name: string,
  value: unknown,
  accepted: string,
): InvalidOptionsError {
  const given = typeof value === 'object' ? kindOf(value) : value;
  return new InvalidOptionsError(`create().${name}`, given, accepted);
}

/**
 * @throws InvalidOptionsError for an option that is unknown or wrong
 * @internal
 */
export function checkModuleOptions({
  dataSource = DataSource,
  imports = [],
  grantLifetime = 86_400,
  checkInterval = 5,
  ...unknown
}: LimitedLinksModuleOptions): Required<LimitedLinksModuleOptions> &
  LimitedLinkTimes {
  for (const [name, value] of Object.entries(unknown)) {
    throw new InvalidOptionsError(
      `LimitedLinksModule.${name}`,
      kindOf(value),
      'Known are dataSource, imports, grantLifetime, checkInterval.',
    );
  }
  checkSeconds('LimitedLinksModule.grantLifetime', grantLifetime);
  if (!(checkInterval >= 0.1 && checkInterval <= 20)) {
    throw new InvalidOptionsError(
      'LimitedLinksModule.checkInterval',
      checkInterval,
      'Give seconds, 0.1 to 20.',
    );
  }
  return {
    dataSource,
    imports,
    grantLifetime: grantLifetime * 1000,
    checkInterval: checkInterval * 1000,
  };
}

/**
 * Checks once, at boot, what a controller of limited links has besides the options of all downloads.
 *
 * @param name of the controller
 * @param parameters names of the parameters in its route
 * @throws InvalidOptionsError
 * @internal
 */
export function checkSharing(
  name: string,
  controller: { readonly confirm: unknown; readonly getSharedFile: unknown },
  parameters: readonly string[],
): void {
  const { confirm, getSharedFile } = controller;
  if (typeof confirm !== 'boolean') {
    throw new InvalidOptionsError(
      `${name}.confirm`,
      confirm,
      'Give true or false.',
    );
  }
  if (!parameters.includes('link')) {
    throw new InvalidOptionsError(
      `${name}.link`,
      undefined,
      "Its route has no parameter :link: @Controller('shared/:link').",
    );
  }
  if (typeof getSharedFile !== 'function') {
    throw new InvalidOptionsError(
      `${name}.getSharedFile`,
      undefined,
      'Override getSharedFile(link, request).',
    );
  }
}
