import { type ApacheOptions } from '../../backends/apache.backend.js';
import { type CaddyOptions } from '../../backends/caddy.backend.js';
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
import { type LighttpdOptions } from '../../backends/lighttpd.backend.js';
import {
  checkKnownOptions,
  checkPathEncoding,
} from '../../backends/server-backend.js';
import { InvalidOptionsError } from '../../errors/download-errors.js';
import { fakeCaddy } from './fake-caddy.js';
import { FAKE_NGINX } from './fake-nginx.js';
import { fakeApache, FAKE_LIGHTTPD } from './fake-sendfile.js';
import { type FakeServer } from './fake-server.js';

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

const KNOWN = ['server', 'rules'];
const WITH_ENCODING = new Set<unknown>(['apache', 'caddy']);
const ENCODINGS = "Give 'raw' or 'percent', as the backend has it.";

/**
 * @throws InvalidOptionsError for an option that is unknown or wrong
 * @internal
 */
export function fakeServer(options: FakeProxyOptions): CheckedServer {
  checkKnownOptions(
    'fakeProxy',
    options,
    options && WITH_ENCODING.has(options.server)
      ? [...KNOWN, 'pathEncoding']
      : KNOWN,
    "{ server: 'nginx', rules: [...] }",
  );
  switch (options.server) {
    case 'nginx':
      return {
        server: FAKE_NGINX,
        rules: checkNginxRules(options.rules, false),
      };
    case 'lighttpd':
      return { server: FAKE_LIGHTTPD, rules: checkPathRules(options.rules) };
    case 'apache':
      checkPathEncoding('fakeProxy', options, ENCODINGS);
      return {
        server: fakeApache(options.pathEncoding),
        rules: checkPathRules(options.rules),
      };
    case 'caddy':
      checkPathEncoding('fakeProxy', options, ENCODINGS);
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
