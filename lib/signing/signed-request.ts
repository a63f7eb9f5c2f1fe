import { type IncomingHttpHeaders } from 'node:http';

/**
 * The part of both adapters' requests that signed links need.
 *
 * @publicApi
 */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as they came, percent-encoded. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly ip?: string | undefined;
  /** Where an Express application is mounted within another. */
  readonly baseUrl?: string | undefined;
}

/**
 * The public path of a request, with its query.
 *
 * @internal
 */
export function targetOf({ baseUrl = '', url }: SignedRequest): string {
  return baseUrl + url;
}
