import { type SignedRequest } from './signed-request.js';

/**
 * Binds a link to the address of the client.
 *
 * ```ts
 * signer.sign('/files/report.pdf', { boundTo: boundToIp(request) });
 *
 * @SignedUrl({ boundTo: boundToIp })
 * ```
 *
 * It is the address that the application sees. Behind a web server that is the server's own, the same for
 * all clients, and the binding binds nothing: tell the application which proxy it may believe, by Express's
 * setting `trust proxy` or Fastify's option `trustProxy`, and only that one. Whoever else may set
 * X-Forwarded-For has any address that they like. Clients change theirs, as phones do between networks.
 *
 * @returns undefined where the connection is gone
 * @publicApi
 */
export function boundToIp({
  ip,
}: Pick<SignedRequest, 'ip'>): string | undefined {
  // One client, whether the server listens on IPv4 alone or on both.
  return ip?.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
}
