import { once } from 'node:events';
import { createServer } from 'node:http';

import { type ApacheOptions } from '../../backends/apache.backend.js';
import { type CaddyOptions } from '../../backends/caddy.backend.js';
import { type LighttpdOptions } from '../../backends/lighttpd.backend.js';
import {
  type NginxRule,
  checkNginxRules,
} from '../../backends/nginx-options.js';
import {
  checkLocationRules,
  checkPathRules,
  type LocationRule,
  type PathRule,
} from '../../backends/rules.js';
import {
  CHECKED_ELSEWHERE,
  checkOptions,
  oneOf,
} from '../../errors/check-options.js';
import { InvalidOptionsError } from '../../errors/download-errors.js';
import { fakeCaddy } from './fake-caddy.js';
import { exchange, type FakeSite } from './fake-exchange.js';
import { FAKE_NGINX } from './fake-nginx.js';
import { fakeApache, FAKE_LIGHTTPD } from './fake-sendfile.js';
import { type FakeServer } from './fake-server.js';
import {
  type ProxiedApplication,
  reach,
  servedPlaces,
} from './proxied-application.js';

/**
 * Which server is faked, with what its backend is given: the rules, and how paths are written.
 *
 * @publicApi
 */
export type FakeProxyOptions =
  | { readonly server: 'nginx'; readonly rules: readonly NginxRule[] }
  | ({ readonly server: 'apache' } & ApacheOptions)
  | ({ readonly server: 'lighttpd' } & LighttpdOptions)
  | ({ readonly server: 'caddy' } & CaddyOptions);

interface CheckedServer {
  readonly server: FakeServer;
  readonly rules: readonly (PathRule | LocationRule)[];
}

const CHECKS = { server: CHECKED_ELSEWHERE, rules: CHECKED_ELSEWHERE };
const ENCODED_CHECKS = {
  ...CHECKS,
  pathEncoding: oneOf(
    ['raw', 'percent'],
    "Give 'raw' or 'percent', as the backend has it.",
  ),
};
const WITH_ENCODING = new Set<unknown>(['apache', 'caddy']);

/**
 * @throws InvalidOptionsError for an option that is unknown or wrong
 * @internal
 */
export function fakeServer(options: FakeProxyOptions): CheckedServer {
  const isEncoded = WITH_ENCODING.has(options?.server);
  checkOptions('fakeProxy', options, isEncoded ? ENCODED_CHECKS : CHECKS, {
    example: "{ server: 'nginx', rules: [...] }",
    required: isEncoded ? ['pathEncoding'] : [],
  });
  switch (options.server) {
    case 'nginx':
      return {
        server: FAKE_NGINX,
        rules: checkNginxRules(options.rules, false),
      };
    case 'lighttpd':
      return { server: FAKE_LIGHTTPD, rules: checkPathRules(options.rules) };
    case 'apache':
      return {
        server: fakeApache(options.pathEncoding),
        rules: checkPathRules(options.rules),
      };
    case 'caddy':
      return {
        server: fakeCaddy(options.pathEncoding),
        rules: checkLocationRules(options.rules),
      };
    default:
      throw unknownServer(options);
  }
}

function unknownServer({ server }: { readonly server?: unknown }): Error {
  return new InvalidOptionsError(
    'fakeProxy.server',
    server,
    "Give 'nginx', 'apache', 'lighttpd' or 'caddy'.",
  );
}

/**
 * A fake web server in front of an application.
 *
 * @publicApi
 */
export interface FakeProxy {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** The offload headers that it has obeyed, in their order: what the application did not send itself. */
  readonly offloads: readonly string[];
  /** Ends it. The application goes on; one that listened only for it does not listen any more. */
  close(): Promise<void>;
  /** As `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Stands before an application as a web server would, and sends the files that the application leaves to it:
 * for tests of a whole download, without a web server.
 *
 * ```ts
 * const proxy = await fakeProxy(app, { server: 'nginx', rules });
 * const response = await fetch(`${proxy.url}/documents/1`);
 * await proxy.close();
 * ```
 *
 * It does what the real one does on the configuration that `serverConfig()` prints: finds the file by the
 * offload header, answers conditions and ranges in its own way, and lets only those headers of the answer
 * through that survive. It limits no rate, caches nothing and fetches nothing from other servers. A location
 * that no rule has is 404, where nginx would ask the application for it.
 *
 * @param application a Nest application on any adapter, its HTTP server, or its URL. What does not listen yet
 *   listens on a free port
 * @throws InvalidOptionsError for wrong rules, and for an application that speaks no HTTP/1.1 over TCP
 * @publicApi
 */
export async function fakeProxy(
  application: ProxiedApplication,
  options: FakeProxyOptions,
): Promise<FakeProxy> {
  const { server, rules } = fakeServer(options);
  const offloads: string[] = [];
  const site: FakeSite = {
    application: await reach(application),
    server,
    places: await servedPlaces(rules),
    onOffload: (value) => offloads.push(value),
  };
  const proxy = createServer((request, response) => {
    // A client that leaves, an application that cuts its answer: both ends then know by the connection.
    exchange(site, request, response).catch(() => response.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const close = async (): Promise<void> => {
    if (proxy.listening) {
      proxy.close();
      proxy.closeAllConnections();
      await once(proxy, 'close');
    }
    await site.application.close();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    offloads,
    close,
    [Symbol.asyncDispose]: close,
  };
}
