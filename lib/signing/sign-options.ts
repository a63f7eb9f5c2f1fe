import { InvalidOptionsError, kindOf } from '../errors/download-errors.js';
import { parseMediaType } from '../http/media-type.js';
import { checkSeconds } from './signing-options.js';

/**
 * What a signed link is good for.
 *
 * @publicApi
 */
export interface SignOptions {
  /** Seconds from now that the link works; `signing.expiresIn` by default. */
  readonly expiresIn?: number;
  /** When it begins to work: a date, or seconds from now. At once by default. */
  readonly notBefore?: Date | number;
  /** The method that it is for; GET by default, which covers HEAD. */
  readonly method?: string;
  /** What the client calls the file. */
  readonly basename?: string;
  /** The media type of the file. */
  readonly contentType?: string;
  /** Whether the client is to save the file rather than show it. */
  readonly attachment?: boolean;
  /** Whom the link is for: a user, an address, whatever `boundTo` of @SignedUrl() gives for a request. */
  readonly boundTo?: string;
}

/**
 * What has to hold for a request, for a link to be good for it.
 *
 * @publicApi
 */
export interface VerifyOptions {
  /** The method of the request; GET by default. */
  readonly method?: string;
  /** Whom the request is from; nobody in particular by default. */
  readonly boundTo?: string;
}

type Check = readonly [holds: (value: unknown) => boolean, accepted: string];

/** What JavaScript makes of an id that is not there. */
const OF_NOBODY = new Set(['undefined', 'null', 'NaN', '[object Object]']);

const TEXT: Check = [isText, 'Give a text that is not empty.'];

const CHECKS: Readonly<Record<keyof SignOptions, Check>> = {
  expiresIn: [() => true, ''],
  notBefore: [
    (value) =>
      value instanceof Date
        ? !Number.isNaN(value.getTime())
        : Number.isSafeInteger(value),
    'Give a date, or whole seconds from now, before the link expires.',
  ],
  method: [
    (value) => typeof value === 'string' && /^[A-Z]+$/.test(value),
    "Give a method in capitals: 'POST'.",
  ],
  basename: TEXT,
  contentType: [
    (value) => typeof value === 'string' && parseMediaType(value) !== undefined,
    "Give a media type: 'image/png'.",
  ],
  attachment: [(value) => typeof value === 'boolean', 'Give true or false.'],
  boundTo: [
    (value) => isText(value) && !OF_NOBODY.has(String(value)),
    'Give a text that names somebody, and none that was made of an id that is not there: it is the same for all who have none.',
  ],
};

/**
 * @throws InvalidOptionsError for an option that is unknown or wrong
 * @internal
 */
export function checkSignOptions(options: SignOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionsError(
      'sign().options',
      kindOf(options),
      'Give an object: { expiresIn: 600 }.',
    );
  }
  const checks = new Map<string, Check>(Object.entries(CHECKS));
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const [holds, accepted] = checks.get(name) ?? UNKNOWN;
    // Its kind alone: what a link is bound to may be the name of a session.
    if (!holds(value)) {
      throw new InvalidOptionsError(`sign().${name}`, kindOf(value), accepted);
    }
  }
  if (options.expiresIn !== undefined) {
    checkSeconds('sign().expiresIn', options.expiresIn);
  }
}

const UNKNOWN: Check = [
  () => false,
  `Known are ${Object.keys(CHECKS).join(', ')}.`,
];

/**
 * Whether a value is a text, with something in it, that UTF-8 has.
 *
 * @internal
 */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !/\p{Cs}/u.test(value);
}
