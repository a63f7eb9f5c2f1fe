import { type InjectionToken, type ModuleMetadata } from '@nestjs/common';
import { DataSource } from 'typeorm';

import {
  CHECKED_ELSEWHERE,
  checkOptions,
  isWholeNumber,
  oneOf,
  type OptionCheck,
  type OptionChecks,
  wholeNumber,
} from '../../errors/check-options.js';
import { InvalidOptionsError, kindOf } from '../../errors/download-errors.js';
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
  /** Seconds from one clean-up to the next, 3600 by default; false for none but by `cleanUp()`. */
  readonly cleanUpInterval?: number | false;
  /** Seconds after its beginning that a use that is over is still listed, 2,592,000 (30 days) by default. */
  readonly keepUses?: number;
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
  /** Who makes it, in the application's own words: 1 to 255 characters. */
  readonly creator?: string;
  /** What is to be remembered of it: 1 to 1000 characters. */
  readonly note?: string;
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
  readonly cleanUpInterval: number | false;
  readonly keepUses: number;
}

/**
 * Whose links: those that all of what is given holds for.
 *
 * @publicApi
 */
export interface LimitedLinkOwner {
  readonly subject?: string;
  readonly creator?: string;
}

/**
 * Which links. What is left out is not asked for; undefined is refused, for that would be everybody's.
 *
 * @publicApi
 */
export interface LimitedLinkFilter extends LimitedLinkOwner {
  /** Whether they can be used once more: `open`, or `over` where they are used up, revoked or expired. */
  readonly state?: 'open' | 'over';
}

/**
 * Which part of a list.
 *
 * @publicApi
 */
export interface LimitedLinkPaging {
  /** How many come before; 0 by default. */
  readonly skip?: number;
  /** How many at most, 1 to 1000; 50 by default. */
  readonly take?: number;
}

// PostgreSQL has no NUL in a text.
const text = (most: number): OptionCheck => [
  (value) => isText(value) && value.length <= most && !value.includes('\0'),
  `Give a text of 1 to ${most} characters, none of them NUL.`,
];
const NAME = text(255);

const CHECKS: OptionChecks<LimitedLinkOptions> = {
  path: [
    (value) =>
      typeof value === 'string' &&
      value
        .replace(/\?.*/s, '')
        .split('/')
        .filter((segment) => segment === ':link').length === 1,
    "Give the public path of the controller, global prefix included: '/shared/:link'.",
  ],
  subject: NAME,
  creator: NAME,
  note: text(1000),
  maxUses: [
    (value) =>
      value === null || (isWholeNumber(value, 1) && value <= 2_147_483_647),
    'Give a whole number, 1 or more, or null for any number.',
  ],
  expiresIn: CHECKED_ELSEWHERE,
  basename: NAME,
};

/** What was given, but for what is no plain value. */
function shown(value: unknown): unknown {
  return typeof value === 'object' ? kindOf(value) : value;
}

/**
 * @throws InvalidOptionsError for an option that is unknown, missing or wrong
 * @internal
 */
export function checkLimitedLinkOptions(options: LimitedLinkOptions): void {
  checkOptions('create()', options, CHECKS, {
    example: "{ path: '/shared/:link', subject: '5' }",
    required: ['path', 'subject'],
    shown,
  });
  if (options.expiresIn !== undefined) {
    checkSeconds('create().expiresIn', options.expiresIn);
  }
}

const OWNER_CHECKS: OptionChecks<LimitedLinkOwner> = {
  subject: NAME,
  creator: NAME,
};
const FILTER_CHECKS: OptionChecks<LimitedLinkFilter> = {
  ...OWNER_CHECKS,
  state: oneOf(['open', 'over'], "Give 'open' or 'over'."),
};
const PAGE_CHECKS: OptionChecks<LimitedLinkPaging> = {
  skip: wholeNumber(0, 'Give how many come before, 0 or more.'),
  take: [
    (value) => isWholeNumber(value, 1) && value <= 1000,
    'Give a whole number, 1 to 1000.',
  ],
};

/**
 * @throws InvalidOptionsError for what is unknown or wrong
 * @internal
 */
export function checkFilter(
  filter: LimitedLinkFilter & LimitedLinkPaging,
): void {
  checkAsked('list()', filter, { ...FILTER_CHECKS, ...PAGE_CHECKS });
}

/** Undefined is wrong, too: without it, they would be everybody's. */
function checkAsked(
  method: string,
  asked: object,
  checks: Readonly<Record<string, OptionCheck>>,
): void {
  checkOptions(method, asked, checks, { example: "{ subject: '5' }", shown });
  for (const [name, value] of Object.entries(asked)) {
    if (value !== undefined) continue;
    throw new InvalidOptionsError(
      `${method}.${name}`,
      value,
      'Leave it out where it is not to be asked for.',
    );
  }
}

/**
 * @throws InvalidOptionsError
 * @internal
 */
export function checkPaging(paging: LimitedLinkPaging): void {
  const example = '{ skip: 0, take: 50 }';
  checkOptions('uses()', paging, PAGE_CHECKS, { example, shown });
}

/**
 * @throws InvalidOptionsError where it is nobody's in particular
 * @internal
 */
export function checkOwner(owner: LimitedLinkOwner): void {
  checkAsked('revokeAll()', owner, OWNER_CHECKS);
  if (owner.subject !== undefined || owner.creator !== undefined) return;
  throw new InvalidOptionsError(
    'revokeAll()',
    '{}',
    "Give a subject, a creator, or both: { subject: '5' }.",
  );
}

const MODULE_CHECKS: OptionChecks<LimitedLinksModuleOptions> = {
  dataSource: CHECKED_ELSEWHERE,
  imports: CHECKED_ELSEWHERE,
  grantLifetime: CHECKED_ELSEWHERE,
  checkInterval: [
    (value) => typeof value === 'number' && value >= 0.1 && value <= 20,
    'Give seconds, 0.1 to 20.',
  ],
  cleanUpInterval: [
    (value) =>
      value === false || (isWholeNumber(value, 1) && value <= 2_000_000),
    'Give whole seconds, 1 to 2000000, or false for never.',
  ],
  keepUses: wholeNumber(0, 'Give whole seconds, 0 or more.'),
};

/**
 * @throws InvalidOptionsError for an option that is unknown or wrong
 * @internal
 */
export function checkModuleOptions(
  options: LimitedLinksModuleOptions,
): Required<Pick<LimitedLinksModuleOptions, 'dataSource' | 'imports'>> &
  LimitedLinkTimes {
  checkOptions('LimitedLinksModule', options, MODULE_CHECKS, {
    example: '{ grantLifetime: 86400 }',
    shown,
  });
  const {
    dataSource = DataSource,
    imports = [],
    grantLifetime = 86_400,
    checkInterval = 5,
    cleanUpInterval = 3600,
    keepUses = 30 * 86_400,
  } = options;
  checkSeconds('LimitedLinksModule.grantLifetime', grantLifetime);
  return {
    dataSource,
    imports,
    grantLifetime: grantLifetime * 1000,
    checkInterval: checkInterval * 1000,
    cleanUpInterval: cleanUpInterval === false ? false : cleanUpInterval * 1000,
    keepUses: keepUses * 1000,
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
