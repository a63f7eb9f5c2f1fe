import { type LinkGate } from '../http/link-gate.js';
import { type LinkTerms } from './link-parameters.js';

/**
 * The link that a request came by, after its check.
 *
 * @internal
 */
export interface SignedLink extends LinkTerms {
  /** Whether shared caches may keep the answer as long as the link works. */
  readonly sharedCaches: boolean;
  /** Whether nobody may keep it at all. */
  readonly noStore?: boolean;
  /** Asked before the answer gets a body, where the link works a limited number of times. */
  readonly gate?: LinkGate;
}

const links = new WeakMap<object, SignedLink>();

/** @internal */
export function keepSignedLink(request: object, link: SignedLink): void {
  links.set(request, link);
}

/**
 * @returns undefined where the route needs none
 * @internal
 */
export function signedLinkOf(request: object): SignedLink | undefined {
  return links.get(request);
}
