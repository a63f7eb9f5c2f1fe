import {
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';

import { InvalidOptionsError, kindOf } from '../errors/download-errors.js';

// What else is derived from the same secrets has another key.
const PURPOSE = 'nestjs-downloadview signed links 1';
const KEY_LENGTH = 32;

/**
 * The keys of signed links, derived from the secrets for this use alone (HKDF, RFC 5869). No printout and
 * no JSON shows them.
 *
 * @internal
 */
export class SigningKeys {
  readonly #keys: readonly KeyObject[];

  constructor(secrets: readonly string[]) {
    this.#keys = secrets.map((secret) =>
      createSecretKey(
        Buffer.from(hkdfSync('sha256', secret, '', PURPOSE, KEY_LENGTH)),
      ),
    );
  }

  /** The signature by the first secret: HMAC-SHA-256 (RFC 2104) in base64url without padding. */
  sign(message: Uint8Array): string {
    const [key] = this.#keys;
    if (!key) throw new RangeError('There is no secret');
    return signatureBy(key, message);
  }

  /** Whether any of the secrets gives exactly this text; the time it takes says nothing. */
  holds(message: Uint8Array, signature: string): boolean {
    const given = Buffer.from(signature);
    const equal = this.#keys.filter((key) => {
      const expected = Buffer.from(signatureBy(key, message));
      return (
        given.length === expected.length && timingSafeEqual(given, expected)
      );
    });
    return equal.length > 0;
  }
}

function signatureBy(key: KeyObject, message: Uint8Array): string {
  return createHmac('sha256', key).update(message).digest('base64url');
}

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
