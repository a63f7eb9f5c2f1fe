import { InvalidOptionsError } from '../errors/download-errors.js';
import { kindOf } from '../errors/quote.js';
import { SigningKeys } from './signing-keys.js';

/**
 * Options of signed links.
 *
 * @publicApi
 */
export interface SigningOptions {
  /**
   * Texts of 32 bytes or more that nobody can guess: `openssl rand -base64 32`. The first signs, all
   * verify: put a new one in front, and take the old one away when its last link has expired.
   */
  readonly secrets: readonly string[];
  /** Seconds that a link works; 3600 by default. */
  readonly expiresIn?: number;
}

/**
 * The options after their check. The secrets are gone.
 *
 * @internal
 */
export interface CheckedSigning {
  readonly keys: SigningKeys;
  /** Seconds. */
  readonly expiresIn: number;
}

const EXPIRES_IN = 3600;
/**
 * The most seconds that a link can work: some 300 years.
 *
 * @internal
 */
export const LONGEST = 10_000_000_000;
const SHORTEST_SECRET = 32;
const ACCEPTED =
  "Give { secrets: ['32 random bytes or more'], expiresIn: 3600 }.";
const SECRETS = `Give a list of texts of ${SHORTEST_SECRET} bytes or more that nobody can guess: openssl rand -base64 32.`;

/**
 * Checks how links are to be signed. What was given is told by its kind alone: it may be a secret.
 *
 * @throws InvalidOptionsError
 * @internal
 */
export function checkSigning(
  options: SigningOptions | undefined,
): CheckedSigning | undefined {
  if (options === undefined) return undefined;
  if (
    typeof options !== 'object' ||
    options === null ||
    Array.isArray(options)
  ) {
    throw new InvalidOptionsError('signing', kindOf(options), ACCEPTED);
  }
  const { secrets, expiresIn = EXPIRES_IN, ...unknown } = options;
  for (const [name, value] of Object.entries(unknown)) {
    throw new InvalidOptionsError(`signing.${name}`, kindOf(value), ACCEPTED);
  }
  if (!Array.isArray(secrets) || secrets.length === 0) {
    const given = Array.isArray(secrets) ? 'an empty list' : kindOf(secrets);
    throw new InvalidOptionsError('signing.secrets', given, SECRETS);
  }
  secrets.forEach(checkSecret);
  checkSeconds('signing.expiresIn', expiresIn);
  return { keys: new SigningKeys(secrets), expiresIn };
}

function checkSecret(secret: unknown, index: number): void {
  const bytes = typeof secret === 'string' ? Buffer.byteLength(secret) : 0;
  if (bytes >= SHORTEST_SECRET) return;
  throw new InvalidOptionsError(
    `signing.secrets[${index}]`,
    typeof secret === 'string' ? `a text of ${bytes} bytes` : kindOf(secret),
    SECRETS,
  );
}

/**
 * @throws InvalidOptionsError for what is no time that a link can work
 * @internal
 */
export function checkSeconds(option: string, value: unknown): void {
  if (
    Number.isSafeInteger(value) &&
    Number(value) >= 1 &&
    Number(value) <= LONGEST
  ) {
    return;
  }
  throw new InvalidOptionsError(
    option,
    typeof value === 'number' ? value : kindOf(value),
    `Give whole seconds, 1 to ${LONGEST}.`,
  );
}
