import { InvalidSignatureError, quote } from '../../errors/download-errors.js';

/**
 * The one answer to all that is not to be had by a limited link: 403, as for a signed link that does not
 * hold.
 *
 * @param reason for the log
 * @throws InvalidSignatureError
 * @internal
 */
export function refuseLink(id: string, reason: string): never {
  throw new InvalidSignatureError(`The limited link ${quote(id)}: ${reason}`);
}
