import { UrlSigner } from 'nestjs-downloadview';

import { checkSigning } from '../../../lib/signing/signing-options.js';

/** Of as many bytes as a secret needs, and in no text by chance. */
export const SECRET = 'top-secret-0123456789abcdefghijk';
export const SIGNING = { secrets: [SECRET] };

/** A signer whose clock stands still, or says what it is told. */
export function signerAt(
  now: number | (() => number),
  secrets: readonly string[] = SIGNING.secrets,
): UrlSigner {
  return new UrlSigner(
    checkSigning({ secrets }),
    typeof now === 'number' ? () => now : now,
  );
}

/** A link as it was made some seconds ago. */
export function signedAgo(
  seconds: number,
  ...given: Parameters<UrlSigner['sign']>
): string {
  return signerAt(Date.now() - seconds * 1000).sign(...given);
}
