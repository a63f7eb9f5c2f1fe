import {
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';

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
