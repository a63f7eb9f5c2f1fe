import { type IncomingHttpHeaders } from 'node:http';

/**
 * The part of Express's and Fastify's requests that this library uses.
 *
 * @publicApi
 */
export interface DownloadRequest {
  readonly method: string;
  /** Path and query as they came, percent-encoded. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Parameters of the route. A wildcard's are read by `getPath()`: the adapters differ in them. */
  readonly params: Readonly<Record<string, string | string[] | undefined>>;
  /** Values of the query, as the adapter parses them: a name that is there twice is a list. */
  readonly query: Readonly<Record<string, unknown>>;
  readonly ip?: string;
}
