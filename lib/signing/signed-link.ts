import { type LinkTerms } from './link-parameters.js';

/**
 * The link that a request came by, after its check.
 *
 * @internal
 */
export interface SignedLink extends LinkTerms {
  /** Whether shared caches may keep the answer as long as the link works. */
  readonly sharedCaches: boolean;
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
