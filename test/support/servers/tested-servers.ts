import {
  apache,
  caddy,
  type DownloadBackend,
  lighttpd,
  nginx,
  type PathRule,
} from 'nestjs-downloadview';

import { type Adapter } from '../application.js';
import { describeWith } from '../describe-with.js';
import {
  APACHE,
  CADDY,
  LIGHTTPD,
  NGINX,
  type WebServerKind,
} from './web-server-kinds.js';

/** A web server and its backend, for suites that run on all of them. */
export interface TestedServer {
  readonly name: 'nginx' | 'Apache' | 'lighttpd' | 'Caddy';
  readonly kind: WebServerKind;
  /** In front of which it stands: each adapter has two servers. What both say is compared in test/e2e. */
  readonly adapter: Adapter;
  readonly backend: (rules: readonly PathRule[]) => DownloadBackend;
  /** In lower case. */
  readonly offloadHeader: 'x-sendfile' | 'x-accel-redirect';
  /** What the server is told of a file below the directory of a rule. */
  readonly told: (directory: string, path: string, rule?: number) => string;
  /** The names that it is not told: the application sends those files. */
  readonly untold: RegExp;
  /** Whether it has a tag of its own, and answers conditions by it. */
  readonly hasOwnTag: boolean;
}

const CONTROL = '\\0-\\x08\\x0a-\\x1f\\x7f';

/** Every rule has an internal location of its own. */
function withLocations(
  rules: readonly PathRule[],
): (PathRule & { destination: string })[] {
  return rules.map((rule, index) => ({
    ...rule,
    destination: `/_offload-${index}/`,
  }));
}

const toldLocation = (_: string, path: string, rule = 0): string =>
  `/_offload-${rule}/${path}`;
const toldPath = (directory: string, path: string): string =>
  `${directory}/${path}`;

const nginxServer: TestedServer = {
  name: 'nginx',
  kind: NGINX,
  adapter: 'express',
  backend: (rules) => nginx({ rules: withLocations(rules) }),
  offloadHeader: 'x-accel-redirect',
  told: toldLocation,
  untold: /^$/,
  hasOwnTag: true,
};

const apacheServer: TestedServer = {
  name: 'Apache',
  kind: APACHE,
  adapter: 'fastify',
  backend: (rules) => apache({ rules, pathEncoding: 'raw' }),
  offloadHeader: 'x-sendfile',
  told: toldPath,
  untold: new RegExp(`[%${CONTROL}]|[\\t ]$`),
  hasOwnTag: false,
};

const lighttpdServer: TestedServer = {
  name: 'lighttpd',
  kind: LIGHTTPD,
  adapter: 'express',
  backend: (rules) => lighttpd({ rules }),
  offloadHeader: 'x-sendfile',
  told: toldPath,
  untold: new RegExp(`[\\t${CONTROL}]`),
  hasOwnTag: false,
};

const caddyServer: TestedServer = {
  name: 'Caddy',
  kind: CADDY,
  adapter: 'fastify',
  backend: (rules) =>
    caddy({ rules: withLocations(rules), pathEncoding: 'raw' }),
  offloadHeader: 'x-accel-redirect',
  told: toldLocation,
  untold: new RegExp(`[%?${CONTROL}]|[\\t ]$`),
  hasOwnTag: true,
};

/** Beside nginx, which has suites of its own. */
export const SERVERS: readonly TestedServer[] = [
  apacheServer,
  lighttpdServer,
  caddyServer,
];

type Suite = (server: TestedServer, adapter: Adapter) => void;

/** A suite for each of these servers, with an application on its adapter. */
export function describeServers(
  title: string,
  suite: Suite,
  servers: readonly TestedServer[] = SERVERS,
): void {
  for (const server of servers) {
    const { name, kind, adapter } = server;
    describeWith(
      [kind.program, 'curl'],
      `${title}: ${name} and ${adapter}`,
      () => suite(server, adapter),
    );
  }
}

/** The same with nginx, for what its own suites leave out. */
export function describeAllServers(title: string, suite: Suite): void {
  describeServers(title, suite, [nginxServer, ...SERVERS]);
}
